//! What a request may cost, checked before anything is parsed and before anything is executed.
//!
//! async-graphql's parser recurses on nested values and its validation walks every spread of a
//! fragment anew, so a few kilobytes of text can end the process or take it minutes. No setting of
//! the library prevents either. Nothing here recurses deeper than a bound of its own.

mod cost;
mod document;
mod introspection;
mod list_sizes;
mod text;
mod variables;

use std::time::Duration;

pub(super) use cost::{cost_extension, cost_of};
pub(super) use document::check_document;
pub(super) use introspection::check_introspection;
pub(super) use text::check_text;
pub(super) use variables::check_variables;

use super::inputs::PAGE_SIZE_MAX;
use super::operation::Role;

/// The limits of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text, in bytes.
    pub text_bytes_max: usize,
    /// Names, numbers, strings and punctuation of the text.
    pub tokens_max: usize,
    /// How deep brackets of any kind nest in the text.
    pub brackets_depth_max: usize,
    /// How deep selections nest, fragments included.
    pub depth_max: usize,
    /// Selections when every spread is replaced by its fragment.
    pub selections_max: usize,
    /// Fields that are renamed in the text.
    pub aliases_max: usize,
    /// Fields at the top of an operation.
    pub root_fields_max: usize,
    /// Directives in the text.
    pub directives_max: usize,
    /// Fields of the answer, when every page is as long as was asked for.
    pub complexity_max: usize,
    /// Longest page; never more than 500.
    pub page_size_max: usize,
    /// How deep lists and objects nest in the variables.
    pub variables_depth_max: usize,
    /// Longest time for a query; a mutation is waited for a minute longer.
    pub time_max: Duration,
    /// The least role that may ask for the schema; `None`: nobody.
    pub introspection: Option<Role>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes_max: 16 * 1024,
            tokens_max: 4_000,
            brackets_depth_max: 64,
            depth_max: 15,
            selections_max: 5_000,
            aliases_max: 30,
            root_fields_max: 20,
            directives_max: 50,
            complexity_max: 100_000,
            page_size_max: PAGE_SIZE_MAX,
            variables_depth_max: 64,
            time_max: Duration::from_mins(1),
            introspection: Some(Role::Viewer),
        }
    }
}
