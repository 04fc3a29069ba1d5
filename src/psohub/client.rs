//! PSOhub's calls: the invoice list under its three filters, and one invoice by number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::error::PsohubError;
use super::list::{ListDecoder, ListFault, RawRow};
use super::wire::{decode_invoice, number_in};
use crate::domain::connection_test::TokenClaims;
use crate::domain::{CurrencyCode, Invoice, InvoiceStatus, Problems, UnknownFields};
use crate::transport::json::{FieldFault, Reader};
use crate::transport::{
    BaseUrl, BodyFault, BodyStream, Request, TokenError, TokenSource, Transport, TransportError, claims_of,
};

/// The statuses that PSOhub's list can be filtered by: every documented one but Void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusFilter {
    /// `draft`
    Draft,
    /// `approved`
    Approved,
    /// `sent`
    Sent,
    /// `paid`
    Paid,
}

impl StatusFilter {
    /// PSOhub's word, in lower case as its filter wants it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Paid => "paid",
        }
    }

    /// The filter for a status; `None` for those that PSOhub cannot filter by.
    pub const fn of(status: InvoiceStatus) -> Option<Self> {
        match status {
            InvoiceStatus::Draft => Some(Self::Draft),
            InvoiceStatus::Approved => Some(Self::Approved),
            InvoiceStatus::Sent => Some(Self::Sent),
            InvoiceStatus::Paid => Some(Self::Paid),
            InvoiceStatus::Void | InvoiceStatus::Unknown => None,
        }
    }
}

/// What to list; everything by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceListFilter {
    /// `invoicestatus`
    pub status: Option<StatusFilter>,
    /// `invoicenumber`; whether PSOhub matches a part of a number too is not known.
    pub number: Option<String>,
    /// `noexternalid=true`
    pub no_external_id: bool,
}

/// What a list held beside the invoices that were delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListReport {
    /// Rows in PSOhub's answer, those that were lost included.
    pub rows: usize,
    /// What was not understood.
    pub problems: Problems,
    /// Fields that nobody documented.
    pub unknown_fields: UnknownFields,
    /// Bytes of the answer, PDFs included.
    pub bytes: u64,
    /// The number of rows is exactly a page's: PSOhub may have cut the list without saying so.
    pub may_be_cut: bool,
}

/// What is assumed of PSOhub where its documentation is silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PsohubOptions {
    /// `limit` sent with every list: PSOhub's other lists are cut at 50 rows without one, and this
    /// one documents none. `None` sends none. A refusal of it is learned and ends its use.
    pub list_limit: Option<u32>,
    /// Largest PDF handed out, in bytes.
    pub pdf_bytes_max: usize,
}

impl Default for PsohubOptions {
    fn default() -> Self {
        Self { list_limit: Some(100_000), pdf_bytes_max: 20 * 1024 * 1024 }
    }
}

/// The page that PSOhub's other lists answer when no limit is given.
const SILENT_PAGE: usize = 50;

pub(super) const INVOICES: &str = "/rest/psohubapi/v1/invoices";
const LIST_ROUTE: &str = "GET /rest/psohubapi/v1/invoices";

/// PSOhub's API for one organisation. Cloning shares it.
#[derive(Debug, Clone)]
pub struct PsohubClient {
    pub(super) base: BaseUrl,
    pub(super) token: Arc<dyn TokenSource>,
    pub(super) transport: Transport,
    base_currency: CurrencyCode,
    pub(super) options: PsohubOptions,
    limit_refused: Arc<AtomicBool>,
    deadline: Option<Duration>,
}

impl PsohubClient {
    /// A client. `base_url` is the origin, such as `https://www.psohubapp.com`; `base_currency` the
    /// organisation's own, which the `…Base` amounts are in.
    ///
    /// # Errors
    /// [`PsohubError::BadAddress`].
    pub fn new(
        base_url: &str,
        token: Arc<dyn TokenSource>,
        transport: Transport,
        base_currency: CurrencyCode,
    ) -> Result<Self, PsohubError> {
        let base = BaseUrl::parse(base_url)?;
        let limit_refused = Arc::new(AtomicBool::new(false));
        let options = PsohubOptions::default();
        Ok(Self { base, token, transport, base_currency, options, limit_refused, deadline: None })
    }

    /// Whether a person lets the gateway into PSOhub: what a write asks before it is taken on. Asks PSOhub
    /// nothing.
    ///
    /// # Errors
    /// [`TokenError`]; its words say what to do and where.
    pub async fn require_connection(&self) -> Result<(), TokenError> {
        self.token.require().await
    }

    /// The same client with other assumptions.
    #[must_use]
    pub fn with_options(mut self, options: PsohubOptions) -> Self {
        self.options = options;
        self
    }

    /// The same client, each of whose reads begins to be answered within this time, with its waits and
    /// repeats.
    #[must_use]
    pub fn within(&self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The same client, whose calls are made also while the service is left alone after failures.
    #[must_use]
    pub fn forced(&self) -> Self {
        Self { transport: self.transport.forced(), ..self.clone() }
    }

    /// What the token says of itself; `None` where it says nothing or there is none.
    pub async fn token_claims(&self) -> Option<TokenClaims> {
        claims_of(&self.token.token().await.ok()?)
    }

    /// The sender, for its counters.
    pub const fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Reads the list and hands each invoice to `each` as soon as it has arrived. Memory is one row:
    /// PDFs are skipped.
    ///
    /// <https://help.psohub.com/psohub-api-invoices> "Get invoices"
    ///
    /// # Errors
    /// [`PsohubError`]. Before [`PsohubError::ListCut`] some invoices were delivered; nothing may be
    /// concluded about those that were not.
    pub async fn list(
        &self,
        filter: &InvoiceListFilter,
        mut each: impl FnMut(Invoice) + Send,
    ) -> Result<ListReport, PsohubError> {
        let mut report = ListReport::default();
        let decoder = ListDecoder::skipping_pdfs();
        let (rows, bytes, limit) = self
            .read_list(filter, decoder, |row| {
                if let Some(invoice) = self.decode(&row, &mut report) {
                    each(invoice);
                }
            })
            .await?;
        let page = limit.and_then(|limit| usize::try_from(limit).ok());
        let may_be_cut = rows == SILENT_PAGE || page == Some(rows);
        Ok(ListReport { rows, bytes, may_be_cut, ..report })
    }

    /// The invoices with exactly this number, in any case. PSOhub may answer more: they are dropped.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn find_by_number(&self, number: &str) -> Result<Vec<Invoice>, PsohubError> {
        let mut found = Vec::new();
        self.list(&InvoiceListFilter::by_number(number), |invoice| {
            if same_number(&invoice.number, number) {
                found.push(invoice);
            }
        })
        .await?;
        Ok(found)
    }

    /// Reads a row, or notes why it was lost.
    pub(super) fn decode(&self, row: &RawRow<'_>, report: &mut ListReport) -> Option<Invoice> {
        let text = String::from_utf8_lossy(row.json);
        let mut reader = Reader::default();
        let decoded = if let Some(fault) = row.fault {
            reader.number = number_in(&text);
            Err(FieldFault::new("(row)", fault))
        } else {
            let has_pdf = row.pdf_chars > 0;
            decode_invoice(&text, has_pdf, self.base_currency, &mut reader, &mut report.unknown_fields)
        };
        if matches!(text, std::borrow::Cow::Owned(_)) {
            reader.note("(row)", "some of its text is not UTF-8; � stands in its place");
        }
        let (invoice, lost) = match decoded {
            Ok(invoice) => (Some(invoice), None),
            Err(fault) => (None, Some(fault)),
        };
        let faults = reader.faults.into_iter().map(|fault| (fault.field, fault.why));
        let lost = lost.map(|fault| (fault.field, fault.why));
        report.problems.add_row(row.index, reader.id, reader.number.as_deref(), faults, lost);
        invoice
    }

    /// Runs the list call, without its limit if PSOhub refuses that, through a decoder.
    pub(super) async fn read_list(
        &self,
        filter: &InvoiceListFilter,
        mut decoder: ListDecoder,
        mut on_row: impl FnMut(RawRow<'_>) + Send,
    ) -> Result<(usize, u64, Option<u32>), PsohubError> {
        let limit = self.options.list_limit.filter(|_| !self.limit_refused.load(Ordering::Relaxed));
        let (mut body, limit) = match self.open_list(filter, limit).await {
            Ok(body) => (body, limit),
            Err(TransportError::Status { status: 400 | 422, .. }) if limit.is_some() => {
                let body = self.open_list(filter, None).await?;
                self.limit_refused.store(true, Ordering::Relaxed);
                (body, None)
            }
            Err(error) => return Err(error.into()),
        };
        let mut bytes = 0_u64;
        loop {
            let piece = match body.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) => {
                    return Err(PsohubError::ListCut { rows: decoder.rows(), why: error.to_string() });
                }
            };
            bytes += piece.len() as u64;
            if let Err(fault) = decoder.feed(&piece, &mut on_row) {
                return Err(list_error(fault, body));
            }
        }
        match decoder.finish() {
            Ok(rows) => Ok((rows, bytes, limit)),
            Err(fault) => Err(list_error(fault, body)),
        }
    }

    async fn open_list(
        &self,
        filter: &InvoiceListFilter,
        limit: Option<u32>,
    ) -> Result<BodyStream, TransportError> {
        let limit = limit.map(|limit| limit.to_string());
        let query = [
            ("invoicestatus", filter.status.map(StatusFilter::as_str)),
            ("invoicenumber", filter.number.as_deref()),
            ("noexternalid", filter.no_external_id.then_some("true")),
            ("limit", limit.as_deref()),
        ];
        let query = query.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let request = Request::get(self.base.at_with(INVOICES, query), LIST_ROUTE);
        let request = match self.deadline {
            Some(deadline) => request.deadline(deadline),
            None => request,
        };
        self.transport.stream(&request, &*self.token).await
    }
}

impl InvoiceListFilter {
    /// Those with this number.
    pub fn by_number(number: &str) -> Self {
        Self { number: Some(number.to_owned()), ..Self::default() }
    }

    /// Those of this status.
    pub fn by_status(status: StatusFilter) -> Self {
        Self { status: Some(status), ..Self::default() }
    }
}

/// Numbers are the same in any case: PSOhub's own example filters INV-2024-48 by inv-2024-48.
pub(super) fn same_number(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

fn list_error(fault: ListFault, body: BodyStream) -> PsohubError {
    body.unusable(BodyFault::Shape { why: fault.to_string() });
    match fault {
        ListFault::NotAList { found } => PsohubError::NotAList { found },
        ListFault::Truncated { rows } => PsohubError::ListCut { rows, why: "its end is missing".to_owned() },
        ListFault::Malformed { rows, at } => {
            PsohubError::ListCut { rows, why: format!("no JSON any more at byte {at}") }
        }
    }
}
