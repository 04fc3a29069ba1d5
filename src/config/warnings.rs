//! What of a configuration can be used and is probably not what was meant.

use super::Config;

impl Config {
    /// What can be used but is probably not what was meant, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.file_warnings.clone();
        for (name, url) in [
            ("PSOHUB_BASE_URL", &self.psohub.base_url),
            ("BEXIO_BASE_URL", &self.bexio.base_url),
            ("BEXIO_ISSUER_URL", &self.bexio.issuer_url),
        ] {
            if leaves_in_clear(url) {
                warnings.push(format!("{name} is {url}: access tokens leave this machine unencrypted"));
            }
        }
        for (name, client) in
            [("PSOHUB_CLIENT", &self.psohub.oauth.client), ("BEXIO_CLIENT", &self.bexio.client)]
        {
            if client.is_half_set() {
                warnings.push(format!(
                    "of {name}_ID and {name}_SECRET only one is set: the account cannot be connected"
                ));
            }
        }
        if let Some(url) = self.public_url.as_deref().filter(|url| leaves_in_clear(url)) {
            warnings.push(format!("PUBLIC_URL is {url}: codes and cookies arrive unencrypted"));
        }
        warnings.extend(self.clients.warning());
        if let Some(url) =
            self.jwt.issuer.as_ref().map(|issuer| &issuer.jwks_url).filter(|url| leaves_in_clear(url))
        {
            warnings
                .push(format!("JWT_JWKS_URL is {url}: whoever is on the way can put in keys of their own"));
        }
        for (name, max_age) in
            [("PSOHUB_MAX_AGE_SECONDS", self.psohub.max_age), ("BEXIO_MAX_AGE_SECONDS", self.bexio.max_age)]
        {
            if max_age > self.freshness.max_stale {
                warnings.push(format!(
                    "{name} is above MAX_STALE_SECONDS: data counts as fresh for longer than it may be served"
                ));
            }
        }
        warnings
    }
}

fn leaves_in_clear(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    uri.scheme_str() == Some("http") && !loopback
}
