//! A browser as far as connecting needs one: it keeps this service's cookies, and follows a redirect
//! only when a test says so, so that tests can meddle with what travels through it.

use std::collections::BTreeMap;

use reqwest::Url;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};

/// A browser.
pub struct Browser {
    http: reqwest::Client,
    /// Of the service alone: the upstreams' are not looked at.
    cookies: BTreeMap<String, String>,
}

/// What a browser was answered.
#[derive(Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Where it is sent.
    pub location: Option<Url>,
    /// The headers.
    pub headers: HeaderMap,
    /// The text.
    pub text: String,
}

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Self {
        Self { http: super::app::client(), cookies: BTreeMap::new() }
    }

    /// Opens an address of the service with its cookies, and keeps those that it sets.
    pub async fn open(&mut self, url: impl AsRef<str>) -> Page {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let request = self.http.get(url.as_ref()).header(COOKIE, cookies.join("; "));
        self.keep(page(request).await)
    }

    /// Posts a form to the service with these headers, and keeps the cookies that it sets.
    pub async fn post(&mut self, url: impl AsRef<str>, headers: &[(&str, &str)], form: String) -> Page {
        let request = self.http.post(url.as_ref()).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.keep(page(request).await)
    }

    fn keep(&mut self, page: Page) -> Page {
        for cookie in page.headers.get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    /// Opens an address of an upstream.
    pub async fn visit(&self, url: impl AsRef<str>) -> Page {
        page(self.http.get(url.as_ref())).await
    }

    /// Goes from the service to the upstream and up to the door back: the callback's address.
    pub async fn agree(&mut self, service: &str, upstream: &str) -> Url {
        let begun = self.open(format!("{service}/connect/{upstream}")).await;
        let asked = self.visit(begun.to()).await;
        asked.to().clone()
    }

    /// The whole way, to the last page.
    pub async fn connect(&mut self, service: &str, upstream: &str) -> Page {
        let callback = self.agree(service, upstream).await;
        let back = self.open(&callback).await;
        match &back.location {
            Some(done) => self.open(done).await,
            None => back,
        }
    }
}

impl Page {
    /// Where the page goes on to by itself, which it must do.
    pub fn onward(&self) -> String {
        let refresh =
            self.text.split_once("content=\"0;url=").unwrap_or_else(|| panic!("it stays: {}", self.text));
        refresh.1.split_once('"').unwrap().0.replace("&amp;", "&").replace("&#39;", "'")
    }

    /// Where it is sent, which it must be.
    pub fn to(&self) -> &Url {
        self.location.as_ref().unwrap_or_else(|| panic!("no redirect: {} {}", self.status, self.text))
    }
}

/// The address with one parameter of its query changed; `None` takes it away.
pub fn with_parameter(url: &Url, name: &str, value: Option<&str>) -> Url {
    let rest: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(rest).extend_pairs(value.map(|value| (name, value)));
    changed
}

/// The value of a parameter of the query.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn page(request: reqwest::RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let location = headers.get(LOCATION).map(|to| response.url().join(to.to_str().unwrap()).unwrap());
    Page { status, location, headers, text: response.text().await.unwrap() }
}
