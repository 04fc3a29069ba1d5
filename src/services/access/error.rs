//! Why somebody is not let in, in words for who asks.

use jiff::Timestamp;

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Nothing was presented.
    #[error(
        "this needs a key: send 'Authorization: Bearer <key>' with one that an administrator made with \
         `invoice-gateway keys add`"
    )]
    Missing,
    /// The header is not what it should be.
    #[error("the header Authorization cannot be read: send it once, as 'Authorization: Bearer <key>'")]
    Malformed,
    /// It is neither a key nor, where tokens are taken, a token.
    #[error(
        "this is neither a key of this service nor a token that it takes: ask an administrator for a key"
    )]
    Unknown,
    /// The key was revoked.
    #[error("the key '{name}' was revoked: ask an administrator for another")]
    Revoked {
        /// What the key is called.
        name: Box<str>,
    },
    /// The key has ended.
    #[error("the key '{name}' ended at {at:.0}: ask an administrator for another")]
    Expired {
        /// What the key is called.
        name: Box<str>,
        /// When.
        at: Timestamp,
    },
    /// The token is not taken.
    #[error("this token is not taken: {0}; sign in again, or ask an administrator")]
    Token(TokenFault),
    /// The token is good and gives no right.
    #[error(
        "the token is good, but its claim '{claim}' names no role of this service: ask an administrator for a role"
    )]
    NoRole {
        /// The claim that names roles.
        claim: Box<str>,
    },
    /// Whether the token is good cannot be told now.
    #[error(
        "the keys of the tokens' issuer cannot be read, so no token can be checked: try again in a moment"
    )]
    Unavailable,
}

/// What is wrong with a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is no signed JWT.
    #[error("it is no signed JWT of at most 8 KB")]
    Shape,
    /// Its algorithm is not on the list.
    #[error("it is signed with an algorithm that is not taken; RS256, ES256 and EdDSA are")]
    Algorithm,
    /// The issuer has no such key.
    #[error("the issuer has no key of its id and algorithm")]
    UnknownKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// Somebody else made it.
    #[error("its issuer is another one")]
    Issuer,
    /// It is for somebody else.
    #[error("it was made for another audience")]
    Audience,
    /// It is over, or does not say when it ends.
    #[error("it has ended, or does not say when it ends")]
    Expired,
    /// It does not hold yet.
    #[error("it does not hold yet")]
    NotYet,
    /// It does not say whose it is.
    #[error("it does not say whose it is")]
    Nameless,
}

impl AccessError {
    /// Whether something was presented, and found to be no good.
    pub const fn is_about_credential(&self) -> bool {
        !matches!(self, Self::Missing | Self::Unavailable)
    }
}
