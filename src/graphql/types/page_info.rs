//! Where a page stands in its list, by the Relay specification of connections:
//! <https://relay.dev/graphql/connections.htm>.

use crate::graphql::output::object;

/// A page of any list.
pub(in crate::graphql) trait PageEnds {
    /// Whether rows follow behind it.
    fn has_next(&self) -> bool;
    /// Whether rows stand before it.
    fn has_previous(&self) -> bool;
    /// Cursor of its first row; `None` on an empty page.
    fn start_cursor(&self) -> Option<String>;
    /// Cursor of its last row; `None` on an empty page.
    fn end_cursor(&self) -> Option<String>;
}

object! {
    /// Where a page stands in its list.
    "PageInfo" PageInfo<'a> from &'a dyn PageEnds {
        /// Whether rows follow behind this page.
        "hasNextPage": bool = |page, out| out.boolean(page.has_next());
        /// Whether rows stand before this page.
        "hasPreviousPage": bool = |page, out| out.boolean(page.has_previous());
        /// Cursor of the first row of this page; null on an empty page.
        "startCursor": Option<String> = |page, out| out.opt_plain(page.start_cursor());
        /// Cursor of the last row of this page; null on an empty page.
        "endCursor": Option<String> = |page, out| out.opt_plain(page.end_cursor());
    }
}
