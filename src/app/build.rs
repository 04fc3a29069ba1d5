//! From the configuration to the service: each part made from those before it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::clients::{bexio_client, connection_tester, psohub_client};
use super::marking::Marking;
use super::metrics::{MetricsParts, ServiceMetrics};
use super::periods::{book_periods, reads_max, timing, write_max};
use super::readiness::ServiceReadiness;
use super::secrets::{keyring, require_key};
use super::sending::Sending;
use super::settings::{SavedSettings, settings_service};
use super::sources::{BexioCatalog, BexioPayments, BookDocuments, UpstreamReports};
use super::syncing::Syncing;
use super::{App, AppError, access, callers, limits};
use crate::book::{BookService, BookSources};
use crate::config::Config;
use crate::domain::SharedClock;
use crate::graphql::{self, GraphqlService, OperationMetrics};
use crate::http::{self, Hosts, HttpState, ServerConfig};
use crate::services::access::{AccessParts, AccessService};
use crate::services::accounts::Accounts;
use crate::services::connect::{self, ConnectService};
use crate::services::deliveries::{DeliveryParts, DeliveryService};
use crate::services::documents::Documents;
use crate::services::external_ids::{ExternalIdParts, ExternalIdService};
use crate::services::linking::{LinkingParts, LinkingService};
use crate::services::marking::{MarkingParts, MarkingService};
use crate::services::payment_sync::{PaymentSyncParts, PaymentSyncService};
use crate::services::settings::SettingsCheck;
use crate::services::{Catalog, Payments};
use crate::store::{Store, StoreOptions, TokenVault};
use crate::transport::CallMetrics;

impl App {
    /// Opens the store, brings it up to date, loads the mirror and puts the rest on top. Reads no
    /// upstream.
    #[expect(clippy::too_many_lines, reason = "the list of what there is, put together in its order")]
    pub async fn build(config: &Config, clock: SharedClock) -> Result<Self, AppError> {
        let keys = keyring(config);
        let store = Store::open(config.database_url(), StoreOptions::default()).await?;
        let store = store.with_keys(keys.clone());
        store.migrate().await?;
        let vault = TokenVault::new(store.clone(), keys);
        require_key(config, &vault)?;
        let access = access::of(config, &vault, &clock)?;
        let calls = CallMetrics::default();
        let psohub = psohub_client(config, access.psohub.token_source(), &clock, &calls)?;
        let bexio = bexio_client(config, access.bexio.token_source(), &clock, &calls)?;
        let operations = OperationMetrics::new(Arc::clone(&clock));
        let stopping = CancellationToken::new();
        let sources = BookSources {
            psohub: psohub.clone(),
            bexio: bexio.clone(),
            store: store.clone(),
            clock: Arc::clone(&clock),
        };
        let book = Arc::new(BookService::open(sources, book_periods(config)).await?);
        let reader = book.reader();
        let documents = BookDocuments {
            documents: Documents::new(psohub.clone(), bexio.clone(), Arc::clone(&clock)),
            reader: reader.clone(),
        };
        let waited_for = bexio.within(reads_max(config));
        let payments = Payments::new(waited_for.clone(), Arc::clone(&clock));
        let catalog = Catalog::new(waited_for, &clock);
        let settings = settings_service(config, Some(store.clone()), Some(Arc::clone(&book)));
        // What is saved is in effect from the start.
        settings.current().await?;
        let settings_check = SettingsCheck {
            catalog: catalog.clone(),
            base_currency: config.psohub.base_currency,
            clock: Arc::clone(&clock),
        };
        let deliveries = DeliveryService::open(DeliveryParts {
            store: store.clone(),
            book: Arc::clone(&book),
            catalog: catalog.clone(),
            bexio: bexio.clone(),
            psohub: psohub.clone(),
            clock: Arc::clone(&clock),
            settings: Arc::new(settings.clone()),
            timing: timing(config),
            write_max: write_max(config),
            reads_max: reads_max(config),
            lease: config.lease,
        })
        .await?;
        let accounts = Accounts { bexio: bexio.clone(), psohub: psohub.clone() };
        let marking = MarkingService::new(MarkingParts {
            store: store.clone(),
            book: Arc::clone(&book),
            accounts: accounts.clone(),
            clock: Arc::clone(&clock),
        });
        let external_ids = ExternalIdService::new(ExternalIdParts {
            store: store.clone(),
            book: Arc::clone(&book),
            accounts,
            clock: Arc::clone(&clock),
        });
        let linking = LinkingService::new(LinkingParts {
            store: store.clone(),
            book: Arc::clone(&book),
            bexio: bexio.clone(),
            clock: Arc::clone(&clock),
        });
        let payment_sync = PaymentSyncService::new(PaymentSyncParts {
            store: store.clone(),
            book: Arc::clone(&book),
            catalog: catalog.clone(),
            bexio: bexio.clone(),
            psohub: psohub.clone(),
            marking: marking.clone(),
            clock: Arc::clone(&clock),
            settings: settings.clone(),
            psohub_refresh: config.psohub.refresh,
            lease: config.lease,
        });
        let syncing = Syncing { service: payment_sync.clone(), store: store.clone() };
        let sending = Sending {
            service: deliveries.clone(),
            store: store.clone(),
            bexio: bexio.clone(),
            timing: timing(config),
        };
        let connection_tests =
            connection_tester(config, Some(store.clone()), settings.clone(), &psohub, &bexio, &clock);
        let connect = ConnectService::new(connect::Parts {
            psohub: access.psohub,
            bexio: access.bexio,
            client: bexio.clone(),
            book: Arc::clone(&book),
            catalog: catalog.clone(),
            vault,
            public_url: config.public_url(),
        });
        let metrics = ServiceMetrics::new(
            MetricsParts {
                book: Arc::clone(&book),
                reader: reader.clone(),
                store: store.clone(),
                psohub: psohub.clone(),
                bexio: bexio.clone(),
                connect: connect.clone(),
                clock: Arc::clone(&clock),
            },
            &calls,
            &operations,
        );
        let graphql = GraphqlService::measured(
            graphql::Deps {
                book: Arc::new(reader.clone()),
                payments: Arc::new(BexioPayments(payments)),
                catalog: Arc::new(BexioCatalog(catalog)),
                upstreams: Arc::new(UpstreamReports {
                    book: Arc::clone(&book),
                    psohub,
                    bexio,
                    connect: connect.clone(),
                }),
                deliveries: Arc::new(sending),
                connection_tests: Arc::new(connection_tests.clone()),
                settings: Arc::new(SavedSettings {
                    service: settings.clone(),
                    check: settings_check.clone(),
                }),
                payment_sync: Arc::new(syncing),
                marking: Arc::new(Marking {
                    service: marking.clone(),
                    external_ids: external_ids.clone(),
                    linking,
                    store: store.clone(),
                }),
                changes: book.clone(),
            },
            limits::of_operations(config),
            operations,
        );
        let callers = AccessService::open(AccessParts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            tokens: callers::tokens(config, &clock)?,
        })
        .await?;
        let graphql_config = limits::of_clients(config, &graphql).await?;
        let http = HttpState {
            access: http::Access::Asked(callers.clone()),
            executor: Arc::new(graphql.clone()),
            documents: Arc::new(documents),
            exports: Arc::new(graphql),
            readiness: Arc::new(ServiceReadiness::new(
                store.clone(),
                reader,
                Arc::clone(&clock),
                stopping.clone(),
            )),
            clock: Arc::clone(&clock),
            graphql_config,
        };
        let server = ServerConfig { shutdown_grace: config.shutdown_grace, ..ServerConfig::default() };
        let shutdown_grace = config.shutdown_grace;
        Ok(Self {
            book,
            connect,
            deliveries,
            connection_tests,
            settings,
            settings_check,
            marking,
            external_ids,
            payment_sync,
            clock,
            store,
            access: callers,
            http,
            metrics: Arc::new(metrics),
            hosts: Hosts::Any,
            server,
            shutdown_grace,
            stopping,
            monitoring: None,
        })
    }
}
