//! Documents that end other servers or keep them busy: over POST, GET and WebSocket.

use futures_util::StreamExt;
use futures_util::stream;
use invoice_gateway::domain::{Clock, SystemClock};

use crate::target::Target;
use crate::traffic::Traffic;

/// Requests at a time.
const AT_ONCE: usize = 8;

/// How deep literals nest. A stock server overflows its stack from some 1,500 on.
const DEPTHS: [usize; 9] = [10, 60, 64, 65, 500, 1_500, 2_000, 5_000, 10_000];

/// Sends all of them by every transport.
pub async fn send(target: &Target) {
    let documents = all();
    println!("{} hostile documents", documents.len());
    stream::iter(&documents)
        .for_each_concurrent(AT_ONCE, |(name, document)| async move {
            target.ask(name, document).await;
            // A longer head is refused by the server itself, which closes the connection.
            if document.len() < 14 * 1024 {
                target.get(name, document).await;
            }
            target.subscribe(name, document).await;
        })
        .await;
}

/// How long each takes by itself, one after the other.
pub async fn one_by_one(target: &Target) -> Traffic {
    let clock = SystemClock::new();
    let mut took = Vec::new();
    for (name, document) in all() {
        let began = clock.elapsed();
        target.ask(&name, &document).await;
        took.push(clock.elapsed().saturating_sub(began));
    }
    Traffic::of(took)
}

fn all() -> Vec<(String, String)> {
    let mut documents = literals();
    documents.extend(bombs());
    documents.extend(floods());
    documents
}

/// Every place in which a literal can stand.
fn places(literal: &str) -> Vec<(&'static str, String)> {
    vec![
        ("an argument", format!("{{ invoices(filter: {literal}) {{ totalCount }} }}")),
        ("an unknown argument", format!("{{ invoices(x: {literal}) {{ totalCount }} }}")),
        ("an argument of an unknown field", format!("{{ nothing(x: {literal}) }}")),
        ("an argument below", format!("{{ invoices {{ nodes {{ number(x: {literal}) }} }} }}")),
        ("an input's field", format!("{{ invoices(filter: {{ status: {literal} }}) {{ totalCount }} }}")),
        (
            "a mutation's input",
            format!("mutation {{ sendInvoice(input: {literal}) {{ userErrors {{ code }} }} }}"),
        ),
        (
            "a subscription's argument",
            format!("subscription {{ invoiceChanged(filter: {literal}) {{ changes }} }}"),
        ),
        ("a field's directive", format!("{{ viewer @include(if: {literal}) {{ role }} }}")),
        ("an unknown directive", format!("{{ viewer {{ role @x(y: {literal}) }} }}")),
        ("an operation's directive", format!("query @x(y: {literal}) {{ viewer {{ role }} }}")),
        (
            "a fragment's directive",
            format!("{{ ...F }} fragment F on Query @x(y: {literal}) {{ viewer {{ role }} }}"),
        ),
        (
            "a spread's directive",
            format!("{{ ...F @x(y: {literal}) }} fragment F on Query {{ viewer {{ role }} }}"),
        ),
        ("an inline fragment's directive", format!("{{ ... @x(y: {literal}) {{ viewer {{ role }} }} }}")),
        ("a variable's default", format!("query($x: Int = {literal}) {{ viewer {{ role }} }}")),
        ("a variable's directive", format!("query($x: Int @y(z: {literal})) {{ viewer {{ role }} }}")),
        (
            "an operation that is not run",
            format!("query A {{ viewer {{ role }} }} query B {{ x(y: {literal}) }}"),
        ),
        (
            "a fragment that is not used",
            format!("{{ viewer {{ role }} }} fragment F on Query {{ x(y: {literal}) }}"),
        ),
        ("behind a block string", format!("{{ a(b: \"\"\"{{[(\\\"\"\"\"\"\") c(d: {literal}) }}")),
        ("behind a comment", format!("# \"\n{{ a(b: \"\\\"\", c: {literal}) }}")),
    ]
}

fn literals() -> Vec<(String, String)> {
    let mut documents = Vec::new();
    for depth in DEPTHS {
        let literals = [
            ("lists", format!("{}1{}", "[".repeat(depth), "]".repeat(depth))),
            ("objects", format!("{}1{}", "{a:".repeat(depth), "}".repeat(depth))),
            ("lists never closed", "[".repeat(depth)),
            ("lists and objects", format!("{}1{}", "[{a:".repeat(depth / 2), "}]".repeat(depth / 2))),
        ];
        for (kind, literal) in literals {
            for (place, document) in places(&literal) {
                documents.push((format!("{kind} nested {depth} deep in {place}"), document));
            }
        }
    }
    documents
}

/// Fragments that multiply, and those that spread themselves.
fn bombs() -> Vec<(String, String)> {
    let mut documents = Vec::new();
    for count in [5, 10, 20, 40, 200] {
        for (kind, parent, body) in [
            ("twice", "Query", "...F{n} ...F{n}"),
            ("in fields", "Invoice", "a{n}: lines { ...G } ...F{n} b{n}: lines { ...G } ...F{n}"),
        ] {
            let fragment = |n: usize| {
                format!("fragment F{n} on {parent} {{ {} }}", body.replace("{n}", &(n + 1).to_string()))
            };
            let fragments = (0..count).map(fragment).collect::<Vec<_>>().join(" ");
            let start = if parent == "Query" { "{ ...F0 }" } else { "{ invoices { nodes { ...F0 } } }" };
            let end = if parent == "Query" { "__typename" } else { "number" };
            documents.push((
                format!("{count} fragments that each spread the next {kind}"),
                format!("{start} {fragments} fragment F{count} on {parent} {{ {end} }} fragment G on InvoiceLine {{ name }}"),
            ));
        }
    }
    documents.push(("a fragment that spreads itself".into(), "{ ...A } fragment A on Query { ...A }".into()));
    documents.push((
        "fragments in a ring".into(),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }"
            .into(),
    ));
    documents
}

/// Much of one thing.
fn floods() -> Vec<(String, String)> {
    let numbered = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    vec![
        ("500 levels".into(), format!("{}__typename{}", "{ a ".repeat(500), "}".repeat(500))),
        ("500 inline fragments".into(), format!("{}__typename{}", "{ ... ".repeat(500), "}".repeat(500))),
        ("900 aliases".into(), format!("{{ {}}}", numbered(900, &|n| format!("a{n}:__typename ")))),
        ("20,000 aliases".into(), format!("{{ {}}}", numbered(20_000, &|n| format!("a{n}:__typename ")))),
        ("3,000 times one field".into(), format!("{{ {}}}", "role ".repeat(3_000))),
        ("1,300 directives".into(), format!("{{ viewer {} {{ role }} }}", "@a ".repeat(1_300))),
        ("20,000 directives".into(), format!("{{ viewer {} {{ role }} }}", "@a ".repeat(20_000))),
        (
            "1,000 variables".into(),
            format!("query({}) {{ __typename }}", numbered(1_000, &|n| format!("$v{n}:Int "))),
        ),
        ("700 operations".into(), numbered(700, &|n| format!("query Q{n}{{__typename}} "))),
        (
            "600 arguments".into(),
            format!("{{ invoices({}) {{ totalCount }} }}", numbered(600, &|n| format!("a{n}:1 "))),
        ),
        ("a list of 2,500".into(), format!("{{ nodes(ids: [{}]) {{ id }} }}", "1,".repeat(2_500))),
        ("the longest name".into(), format!("{{ {} }}", "a".repeat(16_000))),
        ("only brackets".into(), "{".repeat(16_000)),
        ("only quotes".into(), "\"".repeat(16_000)),
        ("only commas".into(), ",".repeat(16_000)),
        (
            "the heaviest pages".into(),
            "{ invoices(first: 500) { nodes { lines { name amountExVat { amount } } bexio { status } } } }"
                .into(),
        ),
        ("a NUL".into(), "{ viewer\0 { role } }".into()),
        ("a BOM in the middle".into(), "{ viewer \u{feff} { role } }".into()),
        ("letters of other scripts".into(), "{ viewér { rôle } }".into()),
    ]
}
