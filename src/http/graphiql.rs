//! GraphiQL at `/graphiql`, out of the binary: page, scripts, workers and fonts, and nothing from elsewhere.
//!
//! What it serves is built by the npm project under `console/` and committed as `console/dist`, gzipped
//! there once. It must not send a browser to another origin: the policy below makes the browser refuse.
//! It knows nothing of the schema, and the page talks to `/graphql` like any other client.

use std::io::Read as _;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, StatusCode};

/// What the page, its workers and its styles may load: this origin only, and no script that is not a file.
///
/// `'unsafe-inline'` is for styles alone, which Monaco writes for fonts, colours and positions; `data:` is
/// for the icons inside its style sheets. Nothing evaluates text as code.
const POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = "index.html";

/// One file of the console as it is embedded.
#[derive(Debug)]
struct Asset {
    /// Below `/graphiql/`, e.g. `assets/console-D_qkR-rV.js`.
    path: &'static str,
    /// With the character set where the file is text.
    media_type: &'static str,
    /// Hexadecimal, of the content before compression.
    digest: &'static str,
    gzip: &'static [u8],
}

/// Sorted by path.
static ASSETS: &[Asset] = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/console/dist/assets.rs"));

/// The routes `/graphiql` and everything below it; they need no state and read none.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/", get(page))
        .route("/graphiql/{*path}", get(file))
}

async fn page(headers: HeaderMap) -> Response {
    answer(PAGE, &headers)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    answer(&path, &headers)
}

fn answer(path: &str, request: &HeaderMap) -> Response {
    let Some(asset) = find(path) else {
        return (StatusCode::NOT_FOUND, "There is no such file in GraphiQL; the page is at /graphiql.\n")
            .into_response();
    };
    let gzipped = accepts_gzip(request);
    let tag = if gzipped { format!("\"{}-gzip\"", asset.digest) } else { format!("\"{}\"", asset.digest) };
    let caching = [(ETAG, tag.as_str()), (CACHE_CONTROL, cache_control(asset)), (VARY, "accept-encoding")];
    if has_tag(request, &tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, describing(asset), body(asset, gzipped)).into_response()
}

fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok().and_then(|index| ASSETS.get(index))
}

fn describing(asset: &Asset) -> [(HeaderName, &'static str); 4] {
    [
        (CONTENT_TYPE, asset.media_type),
        // On every file and not on the page alone: a worker obeys the policy of its own script.
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ]
}

fn body(asset: &Asset, gzipped: bool) -> Response {
    if gzipped {
        return ([(CONTENT_ENCODING, "gzip")], Bytes::from_static(asset.gzip)).into_response();
    }
    let mut content = Vec::new();
    match GzDecoder::new(asset.gzip).read_to_end(&mut content) {
        Ok(_) => content.into_response(),
        Err(error) => {
            tracing::error!(path = asset.path, %error, "an embedded file of GraphiQL does not decompress");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A file under `assets/` has a hash of its content in its name and so never changes; the page names them.
fn cache_control(asset: &Asset) -> &'static str {
    if asset.path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// RFC 9110, 12.5.3; a client that sends no such header gets the file as it is.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let offers = request.get_all(ACCEPT_ENCODING);
    let mut codings =
        offers.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        ["gzip", "x-gzip", "*"].iter().any(|accepted| name.trim().eq_ignore_ascii_case(accepted)) && !refused
    })
}

/// RFC 9110, 13.1.2: weak comparison, so a tag that a proxy weakened still counts.
fn has_tag(request: &HeaderMap, tag: &str) -> bool {
    let known = request.get_all(IF_NONE_MATCH);
    let mut tags = known.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    tags.any(|candidate| {
        let candidate = candidate.trim();
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(path: &str, headers: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
    }

    fn unzip(gzip: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        GzDecoder::new(gzip).read_to_end(&mut content).unwrap();
        content
    }

    #[tokio::test]
    async fn the_page_names_only_files_that_are_there_and_no_other_origin() {
        let (status, headers, page) = get("/graphiql", &[]).await;
        assert_eq!(
            (status, &headers[CONTENT_TYPE]),
            (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
        );
        assert_eq!(headers[CACHE_CONTROL], "no-cache");
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(page.contains("<title>Invoice Gateway</title>"));
        assert!(!page.contains("://"), "{page}");
        let files: Vec<_> = page.split('"').filter(|part| part.starts_with("/graphiql/")).collect();
        assert!(files.len() >= 3, "{page}");
        for file in files {
            assert_eq!(get(file, &[]).await.0, StatusCode::OK, "{file}");
        }
    }

    #[tokio::test]
    async fn every_file_is_served_the_same_zipped_or_not() {
        assert!(ASSETS.is_sorted_by_key(|asset| asset.path));
        for asset in ASSETS {
            let path = format!("/graphiql/{}", asset.path);
            let (_, plain_headers, plain) = get(&path, &[]).await;
            let (_, zipped_headers, zipped) = get(&path, &[(ACCEPT_ENCODING, "gzip, deflate, br")]).await;
            assert_eq!(plain_headers.get(CONTENT_ENCODING), None, "{path}");
            assert_eq!(zipped_headers[CONTENT_ENCODING], "gzip", "{path}");
            assert_eq!(plain, unzip(&zipped), "{path}");
            assert_ne!(plain_headers[ETAG], zipped_headers[ETAG], "two bodies need two strong tags: {path}");
            assert_eq!(zipped_headers[VARY], "accept-encoding", "{path}");
            assert_eq!(plain_headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        }
    }

    #[tokio::test]
    async fn a_known_file_is_not_sent_again() {
        let gzip = (ACCEPT_ENCODING, "gzip");
        let (_, headers, _) = get("/graphiql", std::slice::from_ref(&gzip)).await;
        let tag = headers[ETAG].to_str().unwrap();
        for known in [tag.to_owned(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let (status, headers, body) = get("/graphiql", &[gzip.clone(), (IF_NONE_MATCH, &known)]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!(headers[ETAG], tag);
        }
        let (status, ..) = get("/graphiql", &[(IF_NONE_MATCH, tag)]).await;
        assert_eq!(status, StatusCode::OK, "the tag is of the gzipped body, which is not what was asked for");
    }

    #[tokio::test]
    async fn only_files_named_by_their_content_are_kept_for_ever() {
        for asset in ASSETS {
            let (_, headers, _) = get(&format!("/graphiql/{}", asset.path), &[]).await;
            let for_ever = headers[CACHE_CONTROL].to_str().unwrap().contains("immutable");
            let (stem, _) = asset.path.rsplit_once('.').unwrap();
            let hashed = stem.len() > 8
                && stem.as_bytes()[stem.len() - 9] == b'-'
                && asset.path.starts_with("assets/");
            assert_eq!(for_ever, hashed, "{}", asset.path);
        }
    }

    #[tokio::test]
    async fn the_policy_allows_no_other_origin_and_no_evaluated_text() {
        for path in ["/graphiql".to_owned(), format!("/graphiql/{}", worker().path)] {
            let (_, headers, _) = get(&path, &[]).await;
            let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'self'; script-src 'self'; worker-src 'self';"),
                "{policy}"
            );
            for word in ["unsafe-eval", "http:", "https:", "//", " *"] {
                assert!(!policy.contains(word), "{policy}");
            }
        }
    }

    fn worker() -> &'static Asset {
        ASSETS.iter().find(|asset| asset.path.contains("graphql.worker")).unwrap()
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found() {
        for path in
            ["/graphiql/assets/none.js", "/graphiql/../Cargo.toml", "/graphiql/assets.rs", "/graphiql/%FF"]
        {
            let (status, ..) = get(path, &[]).await;
            assert!(status.is_client_error(), "{path}: {status}");
        }
    }

    #[test]
    fn a_refused_coding_is_not_used() {
        let accepts = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, value.parse().unwrap());
            accepts_gzip(&headers)
        };
        for value in ["gzip", "br, gzip;q=0.5", "*", "GZIP", "gzip; q=1"] {
            assert!(accepts(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; q=0.000", "identity"] {
            assert!(!accepts(value), "{value}");
        }
    }
}
