//! How the simulated Bexio is set up, and where it departs from its default behaviour.
//!
//! facts.md marks many answers of the real service as seen once or guessed; each such fork is a [`Quirk`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How Bexio is set up. The default accepts the personal access token `bexio-token` and one OAuth client.
#[derive(Clone, Debug)]
pub struct BexioOptions {
    /// A personal access token that holds every scope; `None` leaves OAuth as the only way in.
    pub access_token: Option<String>,
    /// The registered OAuth client.
    pub client: OAuthClient,
    /// The company's 12-character id, a claim of `userinfo`.
    pub company_id: String,
    /// The company's name.
    pub company_name: String,
    /// Requests a minute.
    pub limits: RateLimits,
    /// Departures from the default behaviour.
    pub quirks: BTreeSet<Quirk>,
}

impl Default for BexioOptions {
    fn default() -> Self {
        Self {
            access_token: Some("bexio-token".to_owned()),
            client: OAuthClient::default(),
            company_id: "k7p2mq9xw4tz".to_owned(),
            company_name: "Beispiel Beratung AG".to_owned(),
            limits: RateLimits::default(),
            quirks: BTreeSet::new(),
        }
    }
}

/// An app as registered on the developer portal.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// `client_id`.
    pub id: String,
    /// `client_secret`.
    pub secret: String,
    /// Redirect URLs, compared exactly. Bexio allows up to ten.
    pub redirect_urls: Vec<String>,
}

impl Default for OAuthClient {
    fn default() -> Self {
        let redirect_urls = vec![
            "http://127.0.0.1:8080/connect/bexio/callback".to_owned(),
            "http://localhost:8080/connect/bexio/callback".to_owned(),
        ];
        Self { id: "simulated-app".to_owned(), secret: "simulated-secret".to_owned(), redirect_urls }
    }
}

/// Requests a minute, per bucket; the numbers were recorded on a test company in June 2026.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// Lists, single objects, changes, actions, small searches.
    pub general: u32,
    /// Invoice and contact searches and every PDF.
    pub search: u32,
    /// Articles.
    pub items: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { general: 1000, search: 250, items: 400 }
    }
}

/// A departure from the default behaviour, for what the real service does differently at times or may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// 429 answers carry `Retry-After`.
    RetryAfterOn429,
    /// No answer carries rate-limit headers, as reported for a time from July 2025.
    NoRateLimitHeaders,
    /// A payment leaves `updated_at` alone.
    PaymentKeepsUpdatedAt,
    /// `cancel` leaves the remaining amount at the total and books no voucher (the other recorded shape).
    CancelKeepsRemaining,
    /// `in` and `not_in` understand arrays only; comma text is one value.
    InArrayOnly,
    /// `in` and `not_in` understand comma text only; an array matches nothing.
    InTextOnly,
    /// A `limit` above 2000 is clamped instead of refused.
    LimitClamped,
    /// `/pdf` answers raw bytes to `Accept: application/pdf`.
    RawPdf,
    /// The user declines on the consent page.
    ConsentDenied,
    /// Refreshing does not rotate: the same refresh token stays good and none is returned.
    RefreshTokenKept,
    /// Automatic numbering is off: `document_nr` is mandatory.
    ManualNumbering,
    /// `send` mails but changes nothing that can be read.
    SendLeavesNoTrace,
    /// The company is a trial: it may mail only the token's own address.
    Trial,
    /// `issue` answers 204 without a body, as one author claims.
    IssueAnswers204,
    /// `copy` answers 200 as documented instead of 201 as recorded.
    CopyAnswers200,
}
