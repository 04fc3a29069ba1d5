//! The words for reasons. The domain's table of rules gives words and descriptions, so that no rule can be
//! without one.

use async_graphql::registry::{Deprecation, MetaEnumValue, MetaType, Registry};

use crate::domain::reconciliation::Rule;
use crate::graphql::output::{Compile, Shape};

/// The enum `ReconciliationReasonCode`.
pub(super) enum ReasonCode {}

const NAME: &str = "ReconciliationReasonCode";

impl Shape for ReasonCode {
    const COMPILE: Option<Compile> = None;

    fn type_ref(registry: &mut Registry) -> String {
        registry.types.entry(NAME.to_owned()).or_insert_with(|| MetaType::Enum {
            name: NAME.to_owned(),
            description: Some("Why an invoice has its verdict, in one word.".to_owned()),
            enum_values: Rule::ALL.iter().map(|rule| (rule.code().to_owned(), member(*rule))).collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        });
        format!("{NAME}!")
    }
}

fn member(rule: Rule) -> MetaEnumValue {
    MetaEnumValue {
        name: rule.code().to_owned(),
        description: Some(rule.words().to_owned()),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}
