//! The schema, asked for again and again.

use futures_util::StreamExt;
use futures_util::stream;

use crate::target::Target;

/// What GraphiQL and code generators ask for.
const INTROSPECTION: &str = include_str!("../../src/graphql/tests/introspection.graphql");

/// Asks for the schema `count` times, 16 at a time, and in the ways that multiply it.
pub async fn introspect(target: &Target, count: usize) {
    stream::iter(0..count)
        .for_each_concurrent(16, |n| async move {
            // Each differs, so that none is answered from a cache.
            target.ask("an introspection", &format!("{INTROSPECTION} # {n}")).await;
        })
        .await;
    for depth in [1, 3, 6, 12] {
        let fields = format!("{}name{}", "fields { type { ".repeat(depth), " } }".repeat(depth));
        let answer =
            target.ask("fields of fields", &format!("{{ __schema {{ types {{ {fields} }} }} }}")).await;
        assert_eq!(answer["errors"].is_array(), depth > 2, "{depth}");
        let inputs = format!("{}name{}", "inputFields { type { ".repeat(depth), " } }".repeat(depth));
        target.ask("fields of inputs", &format!("{{ __schema {{ types {{ {inputs} }} }} }}")).await;
    }
}
