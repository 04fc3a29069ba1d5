//! Who may do what: roles, callers, and the API keys that programs present.

use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

/// What a caller may do. Each role may do what the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, sends, marks paid, runs the payment sync.
    Operator,
    /// Everything, with connections and settings.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The role as clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Operator => "OPERATOR",
            Self::Admin => "ADMIN",
        }
    }
}

/// A word that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected viewer, operator or admin")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    /// Capitals or not.
    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(text)).ok_or(RoleError)
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What they may do.
    pub role: Role,
    /// What they are called in records.
    pub name: Arc<str>,
}

/// What [`Caller::local`] is called in records.
const LOCAL: &str = "local";

/// Names that records hold for others than keys: a key of such a name could pass for them.
const TAKEN_NAMES: [&str; 3] = [LOCAL, "command line", "schedule"];

impl Caller {
    /// The only caller of a service that runs without access control, on loopback.
    pub fn local() -> Self {
        Self { role: Role::Admin, name: LOCAL.into() }
    }
}

/// A caller's name as logs and traces hold it: of an e-mail address, which an issuer of tokens may give, what stands
/// before the `@`.
pub fn name_in_logs(name: &str) -> &str {
    name.split('@').next().unwrap_or_default()
}

/// What is known of an API key beside its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Stands in the key itself, and names it for ever: [`AccessKey::ID_DIGITS`] hexadecimal digits.
    pub id: Box<str>,
    /// What its holder is called in records. No two keys that are not revoked have the same.
    pub name: Box<str>,
    /// What its holder may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is not taken any more; `None` for a key without an end.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Timestamp>,
}

impl AccessKey {
    /// Digits of an id.
    pub const ID_DIGITS: usize = 16;

    /// Whether it is taken at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Checks what a key is to be called: short, in one line, and no name that means something else.
    pub fn check_name(name: &str) -> Result<(), KeyNameError> {
        const CHARS_MAX: usize = 64;
        let is_plain = |letter: char| letter.is_alphanumeric() || " ._-".contains(letter);
        if name.is_empty() || name.chars().count() > CHARS_MAX || name.trim() != name {
            return Err(KeyNameError::Length);
        }
        // A colon stands in the names of who comes with a token, and in no key's. An e-mail address is no
        // name: names stand in the log.
        if !name.chars().all(is_plain) {
            return Err(KeyNameError::Letters);
        }
        let is_id = name.len() == Self::ID_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id || TAKEN_NAMES.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
            return Err(KeyNameError::Taken);
        }
        Ok(())
    }
}

/// Why a key cannot be called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyNameError {
    /// Too short, too long, or with a blank at an end.
    #[error("a name has 1 to 64 letters and no blank at its ends")]
    Length,
    /// It holds what would not be read well in records.
    #[error("a name has letters, digits, blanks and any of . _ - only")]
    Letters,
    /// It means something else.
    #[error("this name means something else in records: choose another")]
    Taken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_the_ones_before_it_may() {
        assert!(Role::ALL.is_sorted());
        assert_eq!("operator".parse(), Ok(Role::Operator));
        assert_eq!("ADMIN".parse(), Ok(Role::Admin));
        assert_eq!("root".parse::<Role>(), Err(RoleError));
    }

    #[test]
    fn a_name_is_what_can_be_read_in_records() {
        for name in ["intranet", "Eva Müller", "nightly-job_2", "v1.2", "0123456789abcde"] {
            assert_eq!(AccessKey::check_name(name), Ok(()), "{name}");
        }
        for (name, error) in [
            ("", KeyNameError::Length),
            (" eva", KeyNameError::Length),
            ("eva ", KeyNameError::Length),
            ("jwt:eva", KeyNameError::Letters),
            ("eva@example.com", KeyNameError::Letters),
            ("eva\nlevel=ERROR", KeyNameError::Letters),
            ("Local", KeyNameError::Taken),
            ("0123456789abcdef", KeyNameError::Taken),
        ] {
            assert_eq!(AccessKey::check_name(name), Err(error), "{name}");
        }
        assert_eq!(AccessKey::check_name(&"x".repeat(65)), Err(KeyNameError::Length));
    }

    #[test]
    fn a_key_is_good_until_it_ends() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let key = |expires_at, revoked_at| AccessKey {
            id: "0123456789abcdef".into(),
            name: "eva".into(),
            role: Role::Viewer,
            created_at: at("2026-03-01T00:00:00Z"),
            expires_at,
            revoked_at,
            last_used_at: None,
        };
        let now = at("2026-03-02T00:00:00Z");
        assert!(key(None, None).is_good(now));
        assert!(key(Some(at("2026-03-02T00:00:00.001Z")), None).is_good(now));
        assert!(!key(Some(now), None).is_good(now));
        assert!(!key(None, Some(now)).is_good(now));
    }

    #[test]
    fn no_address_stands_in_a_log() {
        assert_eq!(name_in_logs("jwt:ada@example.com"), "jwt:ada");
        assert_eq!(name_in_logs("Grafana"), "Grafana");
    }
}
