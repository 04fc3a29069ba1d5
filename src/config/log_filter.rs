//! Whether a text can be the filter of the log.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The filter without blanks around its commas, which the grammar does not allow and people write.
///
/// # Errors
/// What was expected, in words.
pub(super) fn parse(filter: &str) -> Result<String, String> {
    let words: Vec<&str> = filter.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    for word in &words {
        // A word alone would be taken for a target whose everything is wanted: most likely it is a
        // level with a typing error, and would silence all the rest.
        let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain && word.parse::<LevelFilter>().is_err() {
            return Err(format!(
                "error, warn, info, debug, trace or off in place of {word:?} (for a target write {word}=debug)"
            ));
        }
    }
    let filter = words.join(",");
    match EnvFilter::builder().parse(&filter) {
        Ok(_) => Ok(filter),
        Err(error) => Err(format!(
            "levels or target=level, separated by commas, such as info,invoice_gateway=debug ({error})"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_levels_and_targets() {
        for filter in
            ["info", "WARN", "off", "info,invoice_gateway::book=debug", "warn, sqlx=error", "a[span]=trace"]
        {
            assert_eq!(parse(filter), Ok(filter.replace(", ", ",")), "{filter}");
        }
        for filter in ["inof", "info,loud", "info,invoice_gateway=loud", "a=b=c"] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }
}
