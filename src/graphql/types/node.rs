//! Global ids and the objects they name, by Relay's specification of object identification:
//! <https://relay.dev/graphql/objectidentification.htm>.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{ContextSelectionSet, ID, OutputType, Positioned, ServerResult, Value};
use base64::Engine;
use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{BexioInvoice, Invoice};
use crate::book::CombinedInvoice;
use crate::domain::{AccountingInvoice, BexioInvoiceId, PsohubInvoiceId};
use crate::graphql::errors::Fault;
use crate::graphql::output::{Projected, Shape, meta_field, register_object, write_root};

/// Longest text that is taken for a global id, in bytes.
const GLOBAL_ID_BYTES_MAX: usize = 128;

/// What names one object of the gateway: base64url of `Type:id` outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum GlobalId {
    /// An [`Invoice`].
    Invoice(PsohubInvoiceId),
    /// A [`BexioInvoice`].
    BexioInvoice(BexioInvoiceId),
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = match self {
            Self::Invoice(id) => (Invoice::NAME, id.get()),
            Self::BexioInvoice(id) => (BexioInvoice::NAME, id.get()),
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
    /// Reads an id that this service gave out.
    pub(in crate::graphql) fn parse(text: &str) -> Result<Self, Fault> {
        Self::read(text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            Fault::bad_input(format!(
                "'{shown}' is not an id of this service: pass on the field 'id' of an object unchanged. To look an \
                 invoice up by PSOhub's or Bexio's id, use invoice(by: ..)"
            ))
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
}

impl OutputType for Node {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Node")
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Invoice(_) => Invoice::NAME,
            Self::BexioInvoice(_) => BexioInvoice::NAME,
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
        }
    }
}

fn interface(id: async_graphql::registry::MetaField) -> MetaType {
    MetaType::Interface {
        name: "Node".to_owned(),
        description: Some("An object with an id of its own, found again by `node(id:)`.".to_owned()),
        fields: std::iter::once(("id".to_owned(), id)).collect(),
        possible_types: [Invoice::NAME, BexioInvoice::NAME].into_iter().map(str::to_owned).collect(),
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
        ] {
            assert_eq!(GlobalId::parse(&id.to_string()), Ok(id));
        }
    }

    #[test]
    fn a_text_that_was_never_given_out_is_refused() {
        let encoded = |plain: &str| URL_SAFE_NO_PAD.encode(plain);
        for text in
            ["", "41939771881672249", "%%%", &encoded("Invoice:x"), &encoded("Customer:1"), &"A".repeat(9000)]
        {
            assert!(GlobalId::parse(text).is_err(), "{text:?}");
        }
    }
}
