//! Lists with qualities, as `Accept` and `Accept-Encoding` carry them (RFC 9110, section 12.4.2).

use http::header::HeaderValue;

/// One element of such a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'a> {
    /// What is named, without its parameters.
    pub(super) name: &'a str,
    /// How much it is wanted, in thousandths; 0 means not at all.
    pub(super) quality: u16,
    parameters: &'a str,
}

impl<'a> Offer<'a> {
    /// Its parameters without the quality.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        pairs(self.parameters).filter(|(name, _)| !name.eq_ignore_ascii_case("q"))
    }
}

fn pairs(parameters: &str) -> impl Iterator<Item = (&str, &str)> {
    parameters
        .split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// The elements of one header value; what is not ASCII names nothing.
pub(super) fn offers(value: &HeaderValue) -> impl Iterator<Item = Offer<'_>> {
    value.to_str().unwrap_or_default().split(',').filter_map(|element| {
        let (name, parameters) = element.split_once(';').unwrap_or((element, ""));
        let name = name.trim();
        let quality = pairs(parameters).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let quality = quality.map_or(Some(1000), |(_, text)| thousandths(text))?;
        (!name.is_empty()).then_some(Offer { name, quality, parameters })
    })
}

/// `0.25` → 250. `None` for what the grammar does not know, so that the element is passed over.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let well_formed = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    match whole {
        _ if !well_formed => None,
        "1" => fraction.bytes().all(|b| b == b'0').then_some(1000),
        "0" => format!("{fraction:0<3}").parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_are_read_exactly() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.5", Some(500)),
            ("0.255", Some(255)),
            ("0.05", Some(50)),
        ] {
            assert_eq!(thousandths(text), expected, "{text}");
        }
        for text in ["1.5", "2", "-1", "0.1234", "", "x", "0.-1"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }
}
