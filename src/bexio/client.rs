//! What every Bexio call shares: address, token, paging, and the vendor's error bodies.

use std::sync::Arc;
use std::time::Duration;

use super::error::BexioError;
use super::rows::{Page, Rows, decode_object, decode_rows};
use crate::domain::connection_test::TokenClaims;
use crate::transport::json::{FieldFault, Fields, Reader};
use crate::transport::{
    Answer, BaseUrl, BucketConfig, Request, TokenError, TokenSource, Transport, TransportConfig, Url,
    claims_of,
};

/// Most rows of one call, by the documentation.
pub const ROWS_MAX: u32 = 2000;
/// Rows of a call that names no limit. A full page of this size may mean that ours was not heard.
const ROWS_DEFAULT: u32 = 500;
/// Pages of a catalog or a search that are read before it is taken for endless.
const PAGES_MAX: u32 = 50;
/// A page of [`ROWS_MAX`] invoices with long headers and footers.
const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The rate bucket of invoice and contact searches and PDFs: 250 a minute were seen, 1000 for the rest.
pub const SEARCH_BUCKET: &str = "search";

/// The bounds of calls to Bexio: the product's, with Bexio's two rate buckets.
pub fn transport_config() -> TransportConfig {
    let mut config = TransportConfig::new("Bexio");
    config.buckets.push(BucketConfig::new(SEARCH_BUCKET));
    config
}

/// Bexio's API for one company. Cloning shares it.
#[derive(Debug, Clone)]
pub struct BexioClient {
    pub(super) base: BaseUrl,
    pub(super) token: Arc<dyn TokenSource>,
    pub(super) transport: Transport,
    is_urgent: bool,
    deadline: Option<Duration>,
}

/// A search: where it is, and the rate bucket it counts against where that is not the general one.
pub(super) struct Search {
    pub(super) path: &'static str,
    pub(super) route: &'static str,
    pub(super) bucket: Option<&'static str>,
}

/// One search criterion; entries are ANDed. `criteria` is always sent: Bexio's default is `like`.
pub(super) struct Criterion<'a> {
    pub(super) field: &'static str,
    pub(super) criteria: &'static str,
    pub(super) value: &'a str,
}

impl BexioClient {
    /// A client. `base_url` is the origin, such as `https://api.bexio.com`.
    ///
    /// # Errors
    /// [`BexioError::BadAddress`].
    pub fn new(
        base_url: &str,
        token: Arc<dyn TokenSource>,
        transport: Transport,
    ) -> Result<Self, BexioError> {
        Ok(Self { base: BaseUrl::parse(base_url)?, token, transport, is_urgent: false, deadline: None })
    }

    /// The same client for calls that somebody waits for: they may use what the rate limit keeps back
    /// from other reads.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self { is_urgent: true, ..self.clone() }
    }

    /// The same client, each of whose reads ends after this time, with its waits and repeats.
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

    /// The same client with another token.
    #[must_use]
    pub fn with_token(&self, token: Arc<dyn TokenSource>) -> Self {
        Self { token, ..self.clone() }
    }

    /// Whether a person lets the gateway into Bexio: what a write asks before it is taken on. Asks Bexio
    /// nothing.
    ///
    /// # Errors
    /// [`TokenError`]; its words say what to do and where.
    pub async fn require_connection(&self) -> Result<(), TokenError> {
        self.token.require().await
    }

    /// The sender, for its counters and the calls that are left.
    pub const fn transport(&self) -> &Transport {
        &self.transport
    }

    /// GET of one object; `None` when Bexio answers 404.
    pub(super) async fn get(&self, path: &str, route: &'static str) -> Result<Option<Answer>, BexioError> {
        let request = Request::get(self.base.at(path), route);
        match self.fetch(request).await {
            Err(BexioError::Refused { status: 404, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// GET with a query, in a bucket of its own, up to a size of its own.
    pub(super) async fn get_large(
        &self,
        path: &str,
        route: &'static str,
        bytes_max: usize,
    ) -> Result<Answer, BexioError> {
        let request = Request::get(self.base.at(path), route).bucket(SEARCH_BUCKET).bytes_max(bytes_max);
        self.fetch(request).await
    }

    /// One page of a list.
    pub(super) async fn page<T>(
        &self,
        path: &str,
        route: &'static str,
        query: &[(&str, &str)],
        offset: u32,
        decode: impl FnMut(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
    ) -> Result<Page<T>, BexioError> {
        let url = self.page_url(path, query, offset);
        let answer = self.fetch(Request::get(url, route).bytes_max(LIST_BYTES_MAX)).await?;
        Ok(page_of(self.used(decode_rows(&answer, decode))?, offset))
    }

    /// One page of a search.
    pub(super) async fn search_page<T>(
        &self,
        search: &Search,
        criteria: &[Criterion<'_>],
        query: &[(&str, &str)],
        offset: u32,
        decode: impl FnMut(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
    ) -> Result<Page<T>, BexioError> {
        let criteria: serde_json::Value = criteria
            .iter()
            .map(|c| serde_json::json!({"field": c.field, "value": c.value, "criteria": c.criteria}))
            .collect();
        let url = self.page_url(search.path, query, offset);
        let mut request = Request::search(url, search.route, criteria.to_string()).bytes_max(LIST_BYTES_MAX);
        if let Some(bucket) = search.bucket {
            request = request.bucket(bucket);
        }
        let answer = self.fetch(request).await?;
        Ok(page_of(self.used(decode_rows(&answer, decode))?, offset))
    }

    /// Every row that a search finds.
    pub(super) async fn search_all<T>(
        &self,
        search: &Search,
        criteria: &[Criterion<'_>],
        query: &[(&str, &str)],
        mut decode: impl FnMut(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
    ) -> Result<Rows<T>, BexioError> {
        let mut all = Rows::default();
        let mut offset = 0;
        for _ in 0..PAGES_MAX {
            let page = self.search_page(search, criteria, query, offset, &mut decode).await?;
            all.append(page.rows);
            match page.next_offset {
                Some(next) => offset = next,
                None => return Ok(all),
            }
        }
        Err(BexioError::Endless { route: search.route })
    }

    /// Every row of a list that a company has few of.
    pub(super) async fn all<T: PartialEq>(
        &self,
        path: &str,
        route: &'static str,
        query: &[(&str, &str)],
        mut decode: impl FnMut(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
    ) -> Result<Rows<T>, BexioError> {
        let mut all = Rows::default();
        let mut offset = 0;
        for _ in 0..PAGES_MAX {
            let page = self.page(path, route, query, offset, &mut decode).await?;
            if offset > 0 && all.rows.starts_with(&page.rows.rows) {
                // The resource knows no paging and answers everything each time.
                return Ok(all);
            }
            all.append(page.rows);
            match page.next_offset {
                Some(next) => offset = next,
                None => return Ok(all),
            }
        }
        Err(BexioError::Endless { route })
    }

    /// Reads an object that was answered.
    pub(super) fn object<T>(
        &self,
        answer: &Answer,
        decode: impl FnOnce(&mut Fields<'_>, &mut Reader) -> Result<T, FieldFault>,
    ) -> Result<T, BexioError> {
        self.used(decode_object(answer, decode))
    }

    /// Books an answer that was of no use as such.
    pub(super) fn used<T>(&self, decoded: Result<T, BexioError>) -> Result<T, BexioError> {
        if let Err(BexioError::Call(error)) = &decoded {
            self.transport.note_unusable(error);
        }
        decoded
    }

    fn page_url(&self, path: &str, query: &[(&str, &str)], offset: u32) -> Url {
        let (limit, offset) = (ROWS_MAX.to_string(), offset.to_string());
        let paging = [("limit", limit.as_str()), ("offset", offset.as_str())];
        self.base.at_with(path, query.iter().copied().chain(paging))
    }

    async fn fetch(&self, request: Request) -> Result<Answer, BexioError> {
        let request = if self.is_urgent { request.urgent() } else { request };
        let request = match self.deadline {
            Some(deadline) => request.deadline(deadline),
            None => request,
        };
        Ok(self.transport.fetch(&request, &*self.token).await?)
    }
}

fn page_of<T>(rows: Rows<T>, offset: u32) -> Page<T> {
    let received = u32::try_from(rows.received).unwrap_or(u32::MAX);
    let may_go_on = received >= ROWS_MAX || received == ROWS_DEFAULT;
    Page { rows, next_offset: may_go_on.then(|| offset.saturating_add(received)) }
}
