//! Documents that end a process or keep it busy for minutes elsewhere, and the limits that meet
//! them. The same texts are sent over HTTP to a release build by `tests/it`.

use std::time::Duration;

use serde_json::json;

use super::support::{Api, example, snapshot};
use crate::domain::{Clock, SystemClock};
use crate::graphql::Limits;

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

#[tokio::test]
async fn literals_nested_beyond_any_use_are_refused_wherever_they_stand() {
    let api = Api::new(snapshot(vec![example()]));
    for depth in [65, 500, 1_500, 3_000, 7_000] {
        for value in
            [nested("[", "]", depth), nested("{a:", "}", depth), "[".repeat(depth), "{a:".repeat(depth)]
        {
            for query in [
                format!("{{ nope(a: {value}) }}"),
                format!("{{ invoices(filter: {value}) {{ totalCount }} }}"),
                format!("{{ viewer {{ name @nope(a: {value}) }} }}"),
                format!("query($a: Int = {value}) {{ viewer {{ name }} }}"),
                format!("query A {{ viewer {{ name }} }} query B {{ nope(a: {value}) }}"),
                format!("{{ viewer {{ name }} }} fragment F on Query {{ nope(a: {value}) }}"),
                format!("{{ a(b: [\"\"\" \" {value}"),
                format!("# \"\n{{ a(b: \"\\\"\", c: {value}) }}"),
            ] {
                let (code, _) = api.error(&query, json!({})).await;
                let expected = if query.len() > 16 * 1024 { "QUERY_TOO_LARGE" } else { "QUERY_TOO_DEEP" };
                assert_eq!(code, expected, "{depth} {}", &query[..60]);
            }
        }
    }
}

#[tokio::test]
async fn fragments_that_double_one_another_cost_no_time() {
    let api = Api::new(snapshot(vec![example()]));
    let clock = SystemClock::new();
    for count in [14, 20, 26, 40, 200] {
        for operation in ["{ ...F0 }", "{ viewer { name } }", "query A { viewer { name } } query B { ...F0 }"]
        {
            let doubled = |at: usize| format!("fragment F{at} on Query {{ ...F{0} ...F{0} }}", at + 1);
            let bomb: Vec<String> = (0..count).map(doubled).collect();
            let query =
                format!("{operation} {} fragment F{count} on Query {{ viewer {{ name }} }}", bomb.join(" "));
            let answer = if operation.starts_with("query A") {
                api.named(&query, "A").await
            } else {
                api.answer(&query, json!({})).await
            };
            let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap();
            assert!(matches!(code, "QUERY_TOO_LARGE" | "QUERY_TOO_DEEP"), "{count}: {code}");
        }
    }
    assert!(clock.elapsed() < Duration::from_secs(2), "{:?}", clock.elapsed());
}

#[tokio::test]
async fn what_the_limits_let_pass_takes_little_time() {
    let api = Api::new(snapshot(vec![example()]));
    let doubled = |at: usize| format!("fragment F{at} on Query {{ ...F{0} ...F{0} }}", at + 1);
    let bomb: Vec<String> = (0..10).map(doubled).collect();
    let wide = |field: &str| vec![field; 1_900].join(" ");
    for query in [
        format!("{{ ...F0 }} {} fragment F10 on Query {{ viewer {{ name }} }}", bomb.join(" ")),
        format!("{{ invoices {{ {} }} }}", wide("totalCount")),
        format!("{{ invoices(first: 1) {{ {} }} }}", wide("nodes{id}")),
        format!("{{ {} }}", wide("viewer{name}")),
        format!("{{ viewer {{ {} }} }}", wide("unknownField")),
    ] {
        let clock = SystemClock::new();
        let answer = api.answer(&query, json!({})).await;
        assert!(clock.elapsed() < Duration::from_secs(2), "{:?} {answer:.200}", clock.elapsed());
    }
}

#[tokio::test]
async fn each_limit_is_met_with_its_code() {
    let api = Api::new(snapshot(vec![example()]));
    let many = |count: usize, piece: &str| vec![piece; count].join(" ");
    let numbered = |count: usize, field: &str| -> String {
        (0..count).map(|at| format!("a{at}: {field}")).collect::<Vec<_>>().join(" ")
    };
    let deep = |levels: usize| {
        format!("{{ {}{} }}", "a { ".repeat(levels), "}".repeat(levels)).replace("{ }", "{ b }")
    };
    for (query, code) in [
        (format!("{{ invoices {{ {} }} }}", numbered(31, "totalCount")), "TOO_MANY_ALIASES"),
        (format!("{{ {} }}", numbered(21, "__typename")), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ ...R }} fragment R on Query {{ {} }}", numbered(21, "__typename")), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ invoices {} {{ totalCount }} }}", many(51, "@skip(if: false)")), "TOO_MANY_DIRECTIVES"),
        (format!("query {} {{ __typename }}", many(51, "@x")), "TOO_MANY_DIRECTIVES"),
        (format!("{{ invoices {{ {} }} }}", many(3_990, "totalCount")), "QUERY_TOO_LARGE"),
        (format!("{{ invoices {{ {} }} }}", many(1_900, "a")), "GRAPHQL_VALIDATION_FAILED"),
        (deep(15), "QUERY_TOO_DEEP"),
        ("{ a: invoices(first: 500) { nodes { ...N ...M } } b: invoices(last: 500) { nodes { ...N ...M } } }
            fragment N on Invoice { lines { details { amountExVat { amount currency } amountIncVat { amount } } } }
            fragment M on Invoice { bexio { payments { value { amount } } pdf { url } a: payments { kind }
                b: payments { kind } c: payments { kind } d: payments { kind } } }".to_owned(), "QUERY_TOO_COMPLEX"),
        ("query($n: Int) { a: invoices(first: $n) { nodes { bexio { a: payments { kind } b: payments { kind }
            c: payments { kind } d: payments { kind } e: payments { kind } f: payments { kind } g: payments { kind }
            h: payments { kind } i: payments { kind } j: payments { kind } } } } }".to_owned(), "QUERY_TOO_COMPLEX"),
        ("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }".to_owned(), "QUERY_TOO_DEEP"),
    ] {
        let answer = api.answer(&query, json!({"n": 500})).await;
        let errors = answer["errors"].as_array().unwrap();
        assert!(errors.len() <= 100, "{} errors", errors.len());
        let message = &errors[0]["message"];
        assert_eq!(errors[0]["extensions"]["code"], code, "{message}: {}", &query[..80.min(query.len())]);
    }
}

#[tokio::test]
async fn limits_can_be_set() {
    let limits = Limits { aliases_max: 0, ..Limits::default() };
    let api = Api::with_limits(snapshot(vec![example()]), limits);
    assert_eq!(api.error("{ a: __typename }", json!({})).await.0, "TOO_MANY_ALIASES");
    assert_eq!(api.data("{ __typename }").await, json!({"__typename": "Query"}));
}

#[tokio::test]
async fn a_long_page_with_everything_fits_the_limits() {
    let api = Api::new(snapshot(vec![example()]));
    let data = api.data(include_str!("everything.graphql")).await;
    assert_eq!(data["invoices"]["edges"][0]["node"]["lines"][0]["details"][0]["hours"], "7.5");
}

#[tokio::test]
async fn graphiql_can_look_at_the_schema() {
    let api = Api::new(snapshot(vec![example()]));
    let data = api.data(include_str!("introspection.graphql")).await;
    assert_eq!(data["__schema"]["queryType"]["name"], "Query");
    assert!(data["__schema"]["types"].as_array().unwrap().len() > 40);
    let data = api.data(r#"{ __type(name: "Invoice") { name fields { name type { name kind } } } }"#).await;
    assert_eq!(data["__type"]["name"], "Invoice");
    assert!(api.book.requests.lock().unwrap().is_empty(), "introspection reads no book");
}

#[tokio::test]
async fn a_page_is_counted_whole_where_the_other_size_is_null() {
    let api = Api::new(snapshot(vec![example()]));
    let plain =
        "number name note status statusRaw isOverdue psohubId id date dueDate linkOrigin duplicatesInBexio ";
    let page = format!("invoices(first: $first, last: $last) {{ nodes {{ {plain} }} }} ");
    let query = format!("query($first: Int, $last: Int) {{ {} }}", page.repeat(18));
    for variables in [json!({"last": 500}), json!({"first": null, "last": 500}), json!({"first": 500})] {
        assert_eq!(api.error(&query, variables.clone()).await.0, "QUERY_TOO_COMPLEX", "{variables}");
    }
}
