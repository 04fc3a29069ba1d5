//! Reads settings one by one and collects what is wrong with them.

use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::faults::{ConfigError, Fault, FileFault};
use super::layers::{Layers, Place};
use super::settings;

/// Values by name, from wherever they come.
pub(super) struct Reader<'a> {
    layers: Layers<'a>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(mut layers: Layers<'a>) -> Self {
        let faults = layers.take_faults();
        Self { layers, faults }
    }

    /// `config` if nothing was wrong with any value that was read for it, and nothing with the file.
    pub(super) fn finish<T>(mut self, config: Option<T>, file: Vec<FileFault>) -> Result<T, ConfigError> {
        let position = |name| settings::SETTINGS.iter().position(|setting| setting.name == name);
        self.faults.sort_by_key(|fault| position(fault.name));
        match config {
            Some(config) if self.faults.is_empty() && file.is_empty() => Ok(config),
            _ => Err(ConfigError { faults: self.faults, file }),
        }
    }

    /// The value as given or its default; an empty one counts as not set.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        let given = self.layers.get(name).map(|given| given.value);
        given.or_else(|| settings::find(name)?.default.map(str::to_owned))
    }

    /// A value that is not set and has no default is a fault.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.text(name).is_none() {
            self.fault(name, None, "a value".to_owned());
        }
        self.optional(name, parse)
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.text(name)?;
        parse(&value).map_err(|expected| self.fault(name, Some(value), expected)).ok()
    }

    /// For types whose own messages do not say what is expected.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        self.required(name, |value| value.parse().map_err(|_| expected.to_owned()))
    }

    pub(super) fn seconds(&mut self, name: &'static str) -> Option<Duration> {
        self.required(name, |value| {
            seconds(value).ok_or_else(|| "seconds from 0.1 to 315360000, such as 30 or 2.5".to_owned())
        })
    }

    /// A whole number from `min` to `max`.
    pub(super) fn number<T: TryFrom<u64>>(&mut self, name: &'static str, min: u64, max: u64) -> Option<T> {
        self.required(name, |value| whole(value, min, max))
    }

    /// The same where nothing has to be set.
    pub(super) fn optional_number<T: TryFrom<u64>>(
        &mut self,
        name: &'static str,
        min: u64,
        max: u64,
    ) -> Option<T> {
        self.optional(name, |value| whole(value, min, max))
    }

    /// A bearer token: what may stand in an HTTP header after `Bearer `.
    pub(super) fn token(&mut self, name: &'static str) -> Option<SecretString> {
        self.optional(name, |value| {
            if value.bytes().all(|byte| byte.is_ascii_graphic()) {
                Ok(SecretString::from(value))
            } else {
                Err("a token without blanks, line breaks and letters outside ASCII".to_owned())
            }
        })
    }

    /// Where an upstream is, without a slash at its end.
    pub(super) fn base_url(&mut self, name: &'static str) -> Option<String> {
        self.required(name, |value| {
            base_url(value).ok_or_else(|| {
                "an address such as https://api.example.com, without user, query and fragment".to_owned()
            })
        })
    }

    /// The same where nothing has to be set.
    pub(super) fn optional_url(&mut self, name: &'static str) -> Option<String> {
        self.text(name)?;
        self.base_url(name)
    }

    pub(super) fn fault(&mut self, name: &'static str, value: Option<String>, expected: String) {
        let secret = settings::find(name).is_none_or(|setting| setting.secret);
        // Somebody may have put a user and a password into an address that takes none.
        let value = value.filter(|value| !secret && !value.contains('@'));
        let place = self.layers.get(name).map_or(Place::Nowhere, |given| given.place);
        self.faults.push(Fault { name, place, value, expected });
    }
}

/// A whole number from `min` to `max`; else what would be one.
pub(super) fn whole<T: TryFrom<u64>>(text: &str, min: u64, max: u64) -> Result<T, String> {
    let given = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let value = given.filter(|value| (min..=max).contains(value)).and_then(|value| T::try_from(value).ok());
    value.ok_or_else(|| format!("a whole number from {min} to {max}"))
}

/// A decimal number of seconds, read digit by digit: no float, so 0.1 is a tenth.
fn seconds(text: &str) -> Option<Duration> {
    const MIN: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_hours(24 * 3650);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    let value = Duration::new(whole.parse().ok()?, nanos);
    (MIN..=MAX).contains(&value).then_some(value)
}

fn base_url(text: &str) -> Option<String> {
    let uri: http::Uri = text.parse().ok()?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && uri.query().is_none()
        && !text.contains('#');
    plain.then(|| text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_and_bounded() {
        for (text, nanos) in [
            ("0.1", 100_000_000),
            ("2.5", 2_500_000_000),
            ("30", 30_000_000_000),
            ("007", 7_000_000_000),
            ("0.123456789", 123_456_789),
            ("315360000", 315_360_000_000_000_000),
        ] {
            assert_eq!(seconds(text).map(|value| value.as_nanos()), Some(nanos), "{text}");
        }
        for text in
            ["", "0", "0.09", ".5", "5.", "-1", "+1", "1e3", "1,5", "٣", "NaN", "1.0000000001", "315360000.1"]
        {
            assert_eq!(seconds(text), None, "{text:?}");
        }
        assert_eq!(seconds("99999999999999999999999"), None);
    }

    #[test]
    fn a_whole_number_is_bounded() {
        for (text, value) in [("10", Some(10)), ("007", Some(7)), ("5", Some(5)), ("12", None), ("4", None)] {
            assert_eq!(whole::<usize>(text, 5, 11).ok(), value, "{text}");
        }
        for text in ["", "-7", "+7", "7.0", "7e0", "٧", "99999999999999999999"] {
            assert_eq!(
                whole::<usize>(text, 5, 11),
                Err("a whole number from 5 to 11".to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_address_is_taken_without_its_last_slash() {
        assert_eq!(base_url("http://127.0.0.1:9001/").as_deref(), Some("http://127.0.0.1:9001"));
        assert_eq!(base_url("https://a.example/x/y").as_deref(), Some("https://a.example/x/y"));
        for text in [
            "api.bexio.com",
            "ftp://a.example",
            "https://",
            "https://u:p@a.example",
            "https://a.example?x",
            "https://a.example#x",
            "/x",
        ] {
            assert_eq!(base_url(text), None, "{text}");
        }
    }
}
