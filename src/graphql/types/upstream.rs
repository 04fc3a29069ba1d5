//! How the gateway gets on with the two services that it combines.

use std::sync::Arc;

use super::settings::InvalidSettingType;
use crate::book::{Snapshot, Source};
use crate::domain::Upstream;
use crate::domain::connection::{
    Account, CircuitState as Circuit, ConnectionState as Shown, LastCall, Method,
};
use crate::domain::settings::InvalidSetting;
use crate::graphql::deps::{Deps, UpstreamCounters};
use crate::graphql::output::{Root, leaf, object};
use crate::graphql::scalars::{DateTime, Url};
use crate::services::connect::ConnectionStatus;
use crate::services::settings::Checked;

/// One of the two services that the gateway combines.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Upstream", name = "Upstream")]
pub(in crate::graphql) enum UpstreamName {
    /// PSOhub, where invoices are made.
    Psohub,
    /// Bexio, where the books are kept.
    Bexio,
}

/// How a connection is doing.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Shown", name = "ConnectionState")]
pub(in crate::graphql) enum ConnectionState {
    /// No account is connected; connectUrl says where to do so.
    NotConnected,
    /// An account is connected, and the last attempt to read it succeeded or none was made yet.
    Connected,
    /// The service no longer lets the gateway in: somebody has to connect the account again at connectUrl,
    /// or set another access token. Invoices are shown as they were read last, nothing can be sent.
    NeedsConsent,
    /// An account is connected, and the last attempt to read it failed for a reason that may pass.
    Failing,
}

/// How the gateway proves itself to a service.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Method", name = "ConnectionMethod")]
pub(in crate::graphql) enum ConnectionMethod {
    /// Somebody connected the account in a browser; its tokens are renewed by themselves.
    Oauth,
    /// A token from the configuration, which ends some day without notice.
    AccessToken,
}

/// Whether requests to a service are made. After several failures in a row it is left alone for a while.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Circuit", name = "CircuitState")]
pub(in crate::graphql) enum CircuitState {
    /// Requests are made.
    Closed,
    /// No request is made until circuitRetryAt. Nothing is lost: what is to be written waits.
    Open,
    /// One request is to try whether the service is back.
    HalfOpen,
}
leaf!(UpstreamName, ConnectionState, ConnectionMethod, CircuitState);

/// A connection at one moment.
#[derive(Debug)]
pub(in crate::graphql) struct Connection {
    snapshot: Snapshot,
    counters: UpstreamCounters,
    status: ConnectionStatus,
    settings: Arc<Checked>,
}

impl Connection {
    /// The connection to `upstream` as it is now, beside what `snapshot` has of its invoices.
    pub(in crate::graphql) async fn read(deps: &Deps, snapshot: Snapshot, upstream: Upstream) -> Self {
        let (counters, status) = (deps.upstreams.counters(upstream), deps.upstreams.status(upstream).await);
        Self { snapshot, counters, status, settings: deps.settings.checked() }
    }

    /// Settings are held against Bexio alone.
    fn invalid_settings(&self) -> &[InvalidSetting] {
        match self.status.upstream {
            Upstream::Bexio => &self.settings.invalid,
            Upstream::Psohub => &[],
        }
    }

    const fn freshness(&self) -> &crate::book::SourceFreshness {
        self.snapshot.freshness_of(match self.status.upstream {
            Upstream::Psohub => Source::Psohub,
            Upstream::Bexio => Source::Bexio,
        })
    }

    fn state(&self) -> Shown {
        let last = match self.freshness().last_error {
            _ if self.status.token_refused => LastCall::TokenRefused,
            _ if self.status.unknown => LastCall::Failed,
            Some(_) => LastCall::Failed,
            None => LastCall::Fine,
        };
        Shown::of(self.status.consent, last)
    }

    /// What a person has to know first: why they are needed, else why the last attempt failed.
    fn last_error(&self) -> Option<&str> {
        self.status.reason.as_deref().or(self.freshness().last_error.as_deref())
    }
}

object! {
    /// How the gateway gets on with one of the services that it combines.
    "UpstreamConnection" UpstreamConnection<'a> from &'a Connection {
        /// Which service.
        "upstream": UpstreamName = |connection, out| out.member(UpstreamName::from(connection.status.upstream));
        /// How it is doing.
        "state": ConnectionState = |connection, out| out.member(ConnectionState::from(connection.state()));
        /// How the gateway proves itself; null when it does not.
        "method": Option<ConnectionMethod> = |connection, out| {
            match connection.status.method {
                Some(method) => out.member(ConnectionMethod::from(method)),
                None => out.null(),
            }
        };
        /// Whom the gateway acts as; null where no account is connected or the service does not tell.
        "account": Option<ConnectedAccount> = |connection, out| {
            let account = Some(&connection.status.account).filter(|account| **account != Account::default());
            out.opt::<ConnectedAccount>(account);
        };
        /// What the connection may do, by the service's own names. Empty for a configured token, which
        /// does not say.
        "scopes": Vec<String> = |connection, out| {
            out.text_list(connection.status.scopes.iter().map(String::as_str));
        };
        /// When somebody connected the account, or since when the configured token is in use.
        "grantedAt": Option<DateTime> = |connection, out| out.opt_plain(connection.status.granted_at);
        /// Which administrator connected the account; null where a token is configured instead.
        "grantedBy": Option<String> = |connection, out| {
            out.opt_text(connection.status.granted_by.as_deref());
        };
        /// When the present access token ends. It is renewed before by itself; null where it does not say.
        "expiresAt": Option<DateTime> = |connection, out| out.opt_plain(connection.status.expires_at);
        /// Where an administrator connects the account; null where a token is configured instead or no app
        /// is set up.
        "connectUrl": Option<Url> = |connection, out| {
            out.opt_text(connection.status.connect_url.as_deref());
        };
        /// What deserves attention before something fails, such as the age of an access token.
        "warning": Option<String> = |connection, out| out.opt_text(connection.status.warning.as_deref());
        /// When its invoices were last read; null when never.
        "lastSuccessAt": Option<DateTime> = |connection, out| out.opt_plain(connection.freshness().fetched_at);
        /// Why somebody is needed, or why the last attempt failed, in words; null when it succeeded.
        "lastError": Option<String> = |connection, out| out.opt_text(connection.last_error());
        /// Whether requests are made to it, or held back after failures.
        "circuit": CircuitState = |connection, out| {
            out.member(CircuitState::from(connection.counters.circuit));
        };
        /// When the next request tries, while they are held back; null while they are made.
        "circuitRetryAt": Option<DateTime> = |connection, out| {
            out.opt_plain(connection.counters.circuit_retry_at);
        };
        /// Requests that it still allows in its current minute; null where it does not say.
        "rateLimitRemaining": Option<i32> = |connection, out| {
            match connection.counters.rate_limit_remaining {
                Some(remaining) => out.int(i64::from(remaining)),
                None => out.null(),
            }
        };
        /// Requests sent to it since the gateway started, repeats counted.
        "requestsTotal": i32 = |connection, out| out.int_capped(connection.counters.requests);
        /// Requests sent to it within the last hour, repeats counted.
        "requestsLastHour": i32 = |connection, out| {
            out.int_capped(connection.counters.requests_last_hour);
        };
        /// Requests of these that failed.
        "failuresTotal": i32 = |connection, out| out.int_capped(connection.counters.failures);
        /// Settings that do not fit what Bexio has set up any more, by the check after each change and once a
        /// day: somebody switched a tax off, for example. Empty for PSOhub.
        "invalidSettings": Vec<InvalidSettingType> = |connection, out| {
            out.list::<InvalidSettingType>(connection.invalid_settings());
        };
        /// What could not be understood when its invoices were last read.
        "problems": UpstreamProblems = |connection, out| {
            out.object::<UpstreamProblems>(&connection.counters.report);
        };
    }
}

object! {
    /// Whom the gateway acts as.
    "ConnectedAccount" ConnectedAccount<'a> from &'a Account {
        /// The company's name.
        "companyName": Option<String> = |account, out| out.opt_text(account.company_name.as_deref());
        /// The service's own id of the company.
        "companyId": Option<String> = |account, out| out.opt_text(account.company_id.as_deref());
        /// The user's name.
        "userName": Option<String> = |account, out| out.opt_text(account.user_name.as_deref());
        /// The user's e-mail address.
        "userEmail": Option<String> = |account, out| out.opt_text(account.user_email.as_deref());
    }
}

object! {
    /// What could not be understood of a service's invoices when they were last read. A field that
    /// cannot be understood costs that field, a row without an id or an amount costs that invoice.
    "UpstreamProblems" UpstreamProblems<'a> from &'a crate::book::LookReport {
        /// Invoices that were left out.
        "invoicesLost": i32 = |report, out| out.int_capped(report.rows_lost);
        /// Fields of other invoices that were left out.
        "fieldsLost": i32 = |report, out| out.int_capped(report.fields_lost);
        /// The first few in words, each with the invoice, the field and what was found. At most 20.
        "examples": Vec<String> = |report, out| out.text_list(report.words.iter().map(String::as_str));
    }
}

impl Root for UpstreamConnection {
    type Owned = Connection;

    fn source(owned: &Self::Owned) -> Self::Source<'_> {
        owned
    }
}
