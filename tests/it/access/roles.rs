//! The table role × field × operation, generated from the schema: every field at the top is reachable or
//! refused exactly as its directive says, over HTTP, for every role and for nobody.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, ServiceDocument, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Positioned, Value};
use invoice_gateway::domain::Role;

use super::callers::{Answer, answer, ask, ask_as, key};
use crate::support::app::{TestApp, TestOptions};

const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

/// The published schema.
struct Published(ServiceDocument);

/// A field at the top, with an operation that selects it and nothing else.
struct RootField {
    root: &'static str,
    name: String,
    needs: Option<Role>,
    operation: String,
}

impl Published {
    fn read() -> Self {
        Self(parse_schema(invoice_gateway::graphql::sdl()).unwrap())
    }

    fn types(&self) -> impl Iterator<Item = &TypeDefinition> {
        self.0.definitions.iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some(&ty.node),
            _ => None,
        })
    }

    fn ty(&self, name: &str) -> &TypeDefinition {
        self.types().find(|ty| ty.name.node == name).unwrap_or_else(|| panic!("no type {name}"))
    }

    fn fields(&self, root: &str) -> &[Positioned<FieldDefinition>] {
        match &self.ty(root).kind {
            TypeKind::Object(object) => &object.fields,
            other => panic!("{root} is {other:?}"),
        }
    }

    fn root_fields(&self) -> Vec<RootField> {
        let of = |root: &'static str| {
            self.fields(root).iter().map(move |field| {
                let operation = self.operation(root, &field.node);
                RootField {
                    root,
                    name: field.node.name.node.to_string(),
                    needs: needs(&field.node),
                    operation,
                }
            })
        };
        ROOTS.into_iter().flat_map(of).collect()
    }

    fn operation(&self, root: &str, field: &FieldDefinition) -> String {
        let required = field.arguments.iter().filter(|argument| is_required(&argument.node));
        let arguments: Vec<String> = required.map(|argument| self.given(&argument.node)).collect();
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let selection = match &self.try_type(&field.ty.node).map(|ty| &ty.kind) {
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)) => " { __typename }",
            _ => "",
        };
        format!("{} {{ {}{arguments}{selection} }}", root.to_lowercase(), field.name.node)
    }

    fn try_type(&self, ty: &Type) -> Option<&TypeDefinition> {
        let name = base_name(ty);
        self.types().find(|known| known.name.node == name)
    }

    fn given(&self, argument: &InputValueDefinition) -> String {
        format!("{}: {}", argument.name.node, self.value(&argument.ty.node))
    }

    /// A value of this type, as small as can be.
    fn value(&self, ty: &Type) -> String {
        if let BaseType::List(_) = &ty.base {
            return "[]".to_owned();
        }
        match base_name(ty).as_str() {
            "ID" | "String" => return "\"x\"".to_owned(),
            "Int" => return "1".to_owned(),
            "Boolean" => return "false".to_owned(),
            _ => {}
        }
        let ty = self.try_type(ty).unwrap_or_else(|| panic!("no type {ty}"));
        match &ty.kind {
            TypeKind::Enum(values) => values.values[0].node.value.node.to_string(),
            TypeKind::InputObject(input) => {
                let is_one_of = ty.directives.iter().any(|directive| directive.node.name.node == "oneOf");
                let fields = input.fields.iter().map(|field| &field.node);
                let fields: Vec<String> = if is_one_of {
                    fields.take(1).map(|field| self.given(field)).collect()
                } else {
                    fields.filter(|field| is_required(field)).map(|field| self.given(field)).collect()
                };
                format!("{{{}}}", fields.join(", "))
            }
            other => panic!("{} cannot be given: {other:?}", ty.name.node),
        }
    }
}

fn is_required(input: &InputValueDefinition) -> bool {
    !input.ty.node.nullable && input.default_value.is_none()
}

fn base_name(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(item) => base_name(item),
    }
}

fn needs(field: &FieldDefinition) -> Option<Role> {
    let directive = field.directives.iter().find(|directive| directive.node.name.node == "requiresRole")?;
    match &directive.node.get_argument("role")?.node {
        Value::Enum(name) => name.as_str().parse().ok(),
        _ => None,
    }
}

/// Runs one operation over HTTP; of a subscription that has begun nothing is read.
async fn run(app: &TestApp, credential: Option<&str>, field: &RootField) -> Answer {
    if field.root != "Subscription" {
        let authorization = credential.map(|credential| format!("Bearer {credential}"));
        return ask(app, authorization.as_deref(), &field.operation).await;
    }
    let request = app.http.post(format!("{}/graphql", app.url())).header("accept", "text/event-stream");
    let request = credential.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    let request = request.json(&serde_json::json!({ "query": field.operation }));
    let sent = request.try_clone().unwrap().send().await.unwrap();
    // A refusal is a whole answer, and its length is known; events have none.
    if sent.content_length().is_none() {
        let (status, json) = (sent.status().as_u16(), serde_json::json!({}));
        return Answer { status, challenge: String::new(), json };
    }
    let mut refused = answer(request).await;
    let text = refused.json.as_str().unwrap_or_default();
    if let Some(data) =
        text.lines().find_map(|line| line.strip_prefix("data: ").filter(|data| data.len() > 2))
    {
        refused.json = serde_json::from_str(data).unwrap();
    }
    refused
}

#[test]
fn every_field_at_the_top_says_what_it_needs() {
    let schema = Published::read();
    let silent: Vec<String> = schema
        .root_fields()
        .into_iter()
        .filter(|field| field.needs.is_none())
        .map(|field| format!("{}.{}", field.root, field.name))
        .collect();
    assert!(silent.is_empty(), "without @requiresRole: {silent:?}");
    let writes = schema.root_fields().into_iter().filter(|field| field.root == "Mutation");
    let open: Vec<String> =
        writes.filter(|field| field.needs == Some(Role::Viewer)).map(|field| field.name).collect();
    assert!(open.is_empty(), "a viewer only reads: {open:?}");
}

/// The guard looks at fields at the top; what needs more beneath has to be found here, and in a test of its own.
#[test]
fn nothing_beneath_the_top_needs_more_but_the_writing_test() {
    let schema = Published::read();
    let mut beneath = Vec::new();
    for ty in schema.types().filter(|ty| !ROOTS.contains(&ty.name.node.as_str())) {
        let named = |name: &str| format!("{}.{name}", ty.name.node);
        match &ty.kind {
            TypeKind::Object(object) => {
                let fields = object.fields.iter().filter(|field| needs(&field.node).is_some());
                beneath.extend(fields.map(|field| named(field.node.name.node.as_str())));
            }
            TypeKind::Enum(values) => {
                let is_marked = |name: &str| name == "requiresRole";
                let values = values.values.iter().filter(|value| {
                    value.node.directives.iter().any(|directive| is_marked(&directive.node.name.node))
                });
                beneath.extend(values.map(|value| named(value.node.value.node.as_str())));
            }
            _ => {}
        }
    }
    assert_eq!(beneath, ["ConnectionTestLevel.WRITE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_is_reachable_or_refused_as_its_directive_says() {
    let app = TestOptions::company(2).guarded().start().await;
    app.look_at_both().await;
    let mut callers = vec![(None, None)];
    for role in Role::ALL {
        callers.push((Some(role), Some(key(&app, role.as_str(), role).await)));
    }
    let fields = Published::read().root_fields();
    assert!(fields.len() > 30, "{}", fields.len());
    let mut wrong = Vec::new();
    for field in &fields {
        for (role, key) in &callers {
            let answer = run(&app, key.as_deref(), field).await;
            let told = match (answer.status, answer.code()) {
                (401, "UNAUTHENTICATED") => "unauthenticated",
                (_, "FORBIDDEN") => "forbidden",
                (_, "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED") => "malformed",
                _ => "reached",
            };
            let expected = match role {
                None => "unauthenticated",
                Some(role) if field.needs.is_some_and(|needed| *role >= needed) => "reached",
                Some(_) => "forbidden",
            };
            if told != expected {
                let who = role.map_or("nobody", Role::as_str);
                wrong.push(format!("{who}: {}: {told}, not {expected}: {answer:?}", field.operation));
            }
            if told == "forbidden" {
                let (needed, held) = (field.needs.unwrap().as_str(), role.unwrap().as_str());
                let message = answer.message();
                assert!(message.contains(needed) && message.contains(held), "{message}");
                assert_eq!(answer.json.get("data"), None);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_operation_with_one_field_too_many_nothing_is_executed() {
    let app = TestOptions::company(2).guarded().start().await;
    app.look_at_both().await;
    let operator = key(&app, "operator", Role::Operator).await;
    app.forget_calls();
    for fields in [
        "runPaymentSync(input: {}) { __typename } disconnect(input: {upstream: BEXIO}) { __typename }",
        "a: runPaymentSync(input: {}) { __typename } ...F } fragment F on Mutation { b: disconnect(input: {upstream: BEXIO}) { __typename }",
    ] {
        let refused = ask_as(&app, &operator, &format!("mutation {{ {fields} }}")).await;
        assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"), "{refused:?}");
        assert!(refused.message().starts_with("disconnect needs the role ADMIN, and 'operator' has"));
    }
    let runs = ask_as(&app, &operator, "{ paymentSyncRuns { nodes { id } } }").await;
    assert_eq!(runs.data()["paymentSyncRuns"]["nodes"], serde_json::json!([]));
    // What is left out needs no right.
    let skipped = "mutation { disconnect(input: {upstream: BEXIO}) @skip(if: true) { __typename } }";
    assert_eq!(ask_as(&app, &operator, skipped).await.code(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_writes_needs_an_administrator() {
    let app = TestOptions::company(0).guarded().start().await;
    let operator = key(&app, "operator", Role::Operator).await;
    let test = "mutation { testConnection(input: {level: WRITE}) { __typename } }";
    let refused = ask_as(&app, &operator, test).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    assert!(refused.message().contains("ADMIN"), "{}", refused.message());
    let read = "mutation { testConnection(input: {level: READ}) { __typename } }";
    assert_eq!(ask_as(&app, &operator, read).await.code(), "");
}
