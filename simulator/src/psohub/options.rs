//! How PSOhub behaves where its documentation is silent or contradicts itself. All can be changed while it runs.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How PSOhub behaves. The defaults follow the vendor's sample.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PsohubOptions {
    /// A bearer token that is always accepted, besides those of the OAuth pages.
    pub access_token: String,
    /// What `limit` does on the invoice list.
    pub limit: LimitBehaviour,
    /// The outermost JSON of the invoice list.
    pub list_shape: ListShape,
    /// What an error's body looks like.
    pub error_shape: ErrorShape,
    /// Deviations that every row has.
    pub quirks: BTreeSet<Quirk>,
    /// Each row also gets some of the form quirks ([`Quirk::FORMS`]), chosen by its id.
    pub mixed_quirks: bool,
    /// Size of each PDF at least; 0 for a bare page of text.
    pub pdf_size_bytes_min: usize,
    /// The OAuth application and its tokens.
    pub oauth: OauthOptions,
}

impl Default for PsohubOptions {
    fn default() -> Self {
        Self {
            access_token: "psohub-simulator-token".to_owned(),
            limit: LimitBehaviour::default(),
            list_shape: ListShape::default(),
            error_shape: ErrorShape::default(),
            quirks: BTreeSet::new(),
            mixed_quirks: false,
            pdf_size_bytes_min: 0,
            oauth: OauthOptions::default(),
        }
    }
}

/// What `limit` does on the invoice list; undocumented for invoices, 50 by default on the sister calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitBehaviour {
    /// Without it the whole list, with it that many rows.
    #[default]
    Honoured,
    /// The whole list always.
    Ignored,
    /// Without it silently 50 rows, with it that many.
    FiftyByDefault,
}

/// The outermost JSON of the invoice list; the vendor's sample has lost its brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListShape {
    /// `[row, …]`
    #[default]
    Array,
    /// `{"Invoices":[row, …]}`
    Wrapped,
}

/// What an error's body looks like; undocumented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `{"message":"…"}`
    #[default]
    Message,
    /// `{"error":{"code":400,"message":"…"}}`
    ErrorObject,
    /// The bare message as `text/plain`.
    Text,
    /// An HTML page.
    Html,
    /// No body.
    Empty,
}

/// A deviation of a row from the vendor's sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// `Description` in place of `LineDescription`, as the vendor's field table says.
    ShortDescriptionKey,
    /// `TaxCode` as text, as the table says.
    TaxCodeText,
    /// `TotalAmountIncVATBaseCurrency` in place of `TotalAmountIncVATBase`, as the table says.
    LongBaseKey,
    /// Ids as text.
    IdText,
    /// Amounts as text.
    AmountText,
    /// Fields that no documentation names.
    ExtraFields,
    /// `InvoicePDF: null` on drafts in place of leaving it out.
    NullPdf,
    /// The external id is returned, as `ExternalInvoiceID` (the timesheets' rows have something like it).
    ExternalId,
}

impl Quirk {
    /// The quirks that change only the form of a row, not what it says.
    pub const FORMS: [Self; 7] = [
        Self::ShortDescriptionKey,
        Self::TaxCodeText,
        Self::LongBaseKey,
        Self::IdText,
        Self::AmountText,
        Self::ExtraFields,
        Self::NullPdf,
    ];
}

/// The OAuth application and its tokens. Only the authorize address is documented; the rest is a guess.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OauthOptions {
    /// `clientid` of the registered application.
    pub client_id: String,
    /// `clientsecret` of the registered application.
    pub client_secret: String,
    /// The redirect addresses that are accepted; empty for any.
    pub redirect_urls: Vec<String>,
    /// Shows a page with a link to allow or deny, in place of allowing at once.
    pub consent_page: bool,
    /// Life of an access token.
    pub access_token_seconds: u64,
    /// Life of an authorization code.
    pub code_seconds: u64,
    /// A refresh gives a new refresh token and kills the old one.
    pub rotate_refresh_tokens: bool,
}

impl Default for OauthOptions {
    fn default() -> Self {
        Self {
            client_id: "psohub-simulator-client".to_owned(),
            client_secret: "psohub-simulator-secret".to_owned(),
            redirect_urls: Vec::new(),
            consent_page: false,
            access_token_seconds: Duration::from_hours(1).as_secs(),
            code_seconds: Duration::from_mins(10).as_secs(),
            rotate_refresh_tokens: false,
        }
    }
}
