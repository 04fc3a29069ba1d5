//! Global ids and the objects they name, by Relay's specification of object identification:
//! <https://relay.dev/graphql/objectidentification.htm>.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use async_graphql::parser::types::{Field, SelectionSet};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{
    ContextSelectionSet, ID, OutputType, Positioned, QueryPathNode, QueryPathSegment, ServerResult, Value,
};
use base64::Engine;
use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Batch, BexioInvoice, Delivery, Invoice, PaymentSyncRun};
use crate::book::{CombinedInvoice, DeliveryEntry};
use crate::domain::delivery::DeliveryId;
use crate::domain::payment::run::{SyncRun, SyncRunId};
use crate::domain::{self, AccountingInvoice, BatchId, BexioInvoiceId, PsohubInvoiceId};
use crate::graphql::operation::OperationState;
use crate::graphql::output::{
    Document, Plan, Projected, Root, Shape, Show, Writer, meta_field, register_object, write_root, write_with,
};
use crate::graphql::scalars::IdInput;

/// Longest text that is taken for a global id, in bytes.
const GLOBAL_ID_BYTES_MAX: usize = 128;

/// What names one object of the gateway: base64url of `Type:id` outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum GlobalId {
    /// An [`Invoice`].
    Invoice(PsohubInvoiceId),
    /// A [`BexioInvoice`].
    BexioInvoice(BexioInvoiceId),
    /// A [`Delivery`].
    Delivery(DeliveryId),
    /// A [`Batch`].
    Batch(BatchId),
    /// A [`PaymentSyncRun`].
    SyncRun(SyncRunId),
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = match self {
            Self::Invoice(id) => (Invoice::NAME, id.get()),
            Self::BexioInvoice(id) => (BexioInvoice::NAME, id.get()),
            Self::Delivery(id) => (Delivery::NAME, id.get()),
            Self::Batch(id) => (Batch::NAME, id.get()),
            Self::SyncRun(id) => (PaymentSyncRun::NAME, id.get()),
        };
        let mut plain = [0; 48];
        let length = {
            use std::io::Write as _;
            let mut rest = &mut plain[..];
            write!(rest, "{name}:{id}").map_err(|_| fmt::Error)?;
            48 - rest.len()
        };
        Base64Display::new(&plain[..length], &URL_SAFE_NO_PAD).fmt(f)
    }
}

impl GlobalId {
    /// Reads an id that this service gave out, or says why it is none.
    pub(in crate::graphql) fn of(id: &IdInput) -> Result<Self, String> {
        let text = id.text()?;
        Self::read(text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!(
                "'{shown}' is not an id of this service: pass on the field 'id' of an object unchanged. To look an \
                 invoice up by PSOhub's or Bexio's id, use invoice(by: ..)"
            )
        })
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > GLOBAL_ID_BYTES_MAX {
            return None;
        }
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (name, id) = plain.split_once(':')?;
        match name {
            Invoice::NAME => Some(Self::Invoice(id.parse().ok()?)),
            BexioInvoice::NAME => Some(Self::BexioInvoice(id.parse().ok()?)),
            Delivery::NAME => DeliveryId::new(id.parse().ok()?).map(Self::Delivery),
            Batch::NAME => BatchId::new(id.parse().ok()?).map(Self::Batch),
            PaymentSyncRun::NAME => SyncRunId::new(id.parse().ok()?).map(Self::SyncRun),
            _ => None,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_what_it_was() {
        for id in [
            GlobalId::Invoice(PsohubInvoiceId::new(41_939_771_881_672_249).unwrap()),
            GlobalId::Invoice(PsohubInvoiceId::new(i64::MAX).unwrap()),
            GlobalId::BexioInvoice(BexioInvoiceId::new(1).unwrap()),
            GlobalId::Delivery(DeliveryId::new(i64::MAX).unwrap()),
            GlobalId::Batch(BatchId::new(7).unwrap()),
            GlobalId::SyncRun(SyncRunId::new(i64::MAX).unwrap()),
        ] {
            assert_eq!(GlobalId::read(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn a_text_that_was_never_given_out_is_refused() {
        let encoded = |plain: &str| URL_SAFE_NO_PAD.encode(plain);
        for text in [
            "",
            "41939771881672249",
            "%%%",
            &encoded("Invoice:x"),
            &encoded("Customer:1"),
            &encoded("Batch:0"),
            &"A".repeat(9000),
        ] {
            assert_eq!(GlobalId::read(text), None, "{text:?}");
        }
    }
}
