//! The objects that global ids name, by Relay's specification of object identification:
//! <https://relay.dev/graphql/objectidentification.htm>.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types::{Field, SelectionSet};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{
    ContextSelectionSet, ID, OutputType, Positioned, QueryPathNode, QueryPathSegment, ServerResult, Value,
};

use super::{Batch, BexioInvoice, Delivery, Invoice, PaymentSyncRun};
use crate::book::{CombinedInvoice, DeliveryEntry};
use crate::domain::payment::run::SyncRun;
use crate::domain::{self, AccountingInvoice};
use crate::graphql::operation::OperationState;
use crate::graphql::output::{
    Document, Plan, Projected, Root, Shape, Show, Writer, meta_field, register_object, write_root, write_with,
};

/// An object that a global id names.
#[derive(Debug)]
pub(in crate::graphql) enum Node {
    /// An invoice.
    Invoice(Arc<CombinedInvoice>),
    /// A Bexio invoice.
    BexioInvoice(Arc<AccountingInvoice>),
    /// A delivery.
    Delivery(Arc<DeliveryEntry>),
    /// A batch.
    Batch(domain::Batch),
    /// A run of the payment sync.
    SyncRun(Box<SyncRun>),
}

impl OutputType for Node {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Node")
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Invoice(_) => Invoice::NAME,
            Self::BexioInvoice(_) => BexioInvoice::NAME,
            Self::Delivery(_) => Delivery::NAME,
            Self::Batch(_) => Batch::NAME,
            Self::SyncRun(_) => PaymentSyncRun::NAME,
        })
    }

    fn create_type_info(registry: &mut Registry) -> String {
        if !registry.types.contains_key("Node") {
            let id = meta_field(
                "id",
                &["The gateway's id of the object. Opaque and stable."],
                <ID as Shape>::type_ref(registry),
            );
            registry.types.insert("Node".to_owned(), interface(id));
            register_object::<Invoice>(registry);
            register_object::<BexioInvoice>(registry);
            register_object::<Delivery>(registry);
            register_object::<Batch>(registry);
            register_object::<PaymentSyncRun>(registry);
        }
        "Node!".to_owned()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match self {
            Self::Invoice(invoice) => write_root::<Invoice>(invoice, ctx).await,
            Self::BexioInvoice(invoice) => write_root::<BexioInvoice>(invoice, ctx).await,
            Self::Delivery(delivery) => write_root::<Delivery>(delivery, ctx).await,
            Self::Batch(batch) => write_root::<Batch>(batch, ctx).await,
            Self::SyncRun(run) => write_root::<PaymentSyncRun>(run, ctx).await,
        }
    }
}

/// A list of objects, written together: what is fetched for one is fetched for all.
#[derive(Debug)]
pub(in crate::graphql) struct Nodes(pub(in crate::graphql) Vec<Option<Node>>);

/// A selection on nodes, compiled for each type that they can have.
struct Plans {
    invoice: Plan,
    bexio_invoice: Plan,
    delivery: Plan,
    batch: Plan,
    sync_run: Plan,
}

impl Plans {
    fn compile(selections: &[&SelectionSet], document: Document<'_>) -> Self {
        Self {
            invoice: Plan::compile::<Invoice>(selections, document),
            bexio_invoice: Plan::compile::<BexioInvoice>(selections, document),
            delivery: Plan::compile::<Delivery>(selections, document),
            batch: Plan::compile::<Batch>(selections, document),
            sync_run: Plan::compile::<PaymentSyncRun>(selections, document),
        }
    }

    fn write(&self, node: &Node, writer: &mut Writer<'_>, path: &QueryPathNode<'_>) {
        let path = Some(path);
        match node {
            Node::Invoice(row) => writer.object::<Invoice>(row, &self.invoice, path),
            Node::BexioInvoice(invoice) => {
                writer.object::<BexioInvoice>(invoice, &self.bexio_invoice, path);
            }
            Node::Delivery(entry) => writer.object::<Delivery>(entry, &self.delivery, path),
            Node::Batch(batch) => writer.object::<Batch>(Batch::source(batch), &self.batch, path),
            Node::SyncRun(run) => writer.object::<PaymentSyncRun>(run, &self.sync_run, path),
        }
    }
}

impl OutputType for Nodes {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("[Node]")
    }

    fn qualified_type_name() -> String {
        "[Node]!".to_owned()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Node::create_type_info(registry);
        Self::qualified_type_name()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let write = |writer: &mut Writer<'_>, plans: &Plans| {
            writer.sign(b'[');
            for (index, node) in self.0.iter().enumerate() {
                if index > 0 {
                    writer.sign(b',');
                }
                let segment = QueryPathSegment::Index(index);
                let path = QueryPathNode { parent: ctx.path_node.as_ref(), segment };
                match node {
                    Some(node) => plans.write(node, writer, &path),
                    None => writer.null(),
                }
            }
            writer.sign(b']');
        };
        let operation = OperationState::of(ctx).map_err(|fault| ctx.set_error_path(fault.server_error()))?;
        let show = Show { operation, snapshot: None, bytes_hint: self.0.len().saturating_mul(512) };
        write_with(show, ctx, Plans::compile, write).await
    }
}

fn interface(id: async_graphql::registry::MetaField) -> MetaType {
    MetaType::Interface {
        name: "Node".to_owned(),
        description: Some("An object with an id of its own, found again by `node(id:)`.".to_owned()),
        fields: std::iter::once(("id".to_owned(), id)).collect(),
        possible_types: [
            Invoice::NAME,
            BexioInvoice::NAME,
            Delivery::NAME,
            Batch::NAME,
            PaymentSyncRun::NAME,
        ]
        .into_iter()
        .map(str::to_owned)
        .collect(),
        extends: false,
        keys: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}
