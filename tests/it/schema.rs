//! The schema as it is published: committed, described, and fit for the examples of the console.

use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{Positioned, parse_schema};

#[test]
fn the_committed_schema_is_what_the_binary_prints() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert!(
        committed == invoice_gateway::graphql::sdl(),
        "schema.graphql is stale: cargo run -- schema > schema.graphql"
    );
}

#[test]
fn the_schema_is_printed_the_same_every_time() {
    assert_eq!(invoice_gateway::graphql::sdl(), invoice_gateway::graphql::sdl());
}

#[test]
fn everything_in_the_schema_has_a_description() {
    let document = parse_schema(invoice_gateway::graphql::sdl()).unwrap();
    let mut missing = Vec::new();
    for definition in &document.definitions {
        if let TypeSystemDefinition::Type(ty) = definition {
            note_type(&ty.node, &mut missing);
        }
    }
    assert!(missing.is_empty(), "without a description: {missing:#?}");
}

type Description = Option<Positioned<String>>;

fn note(description: &Description, place: String, missing: &mut Vec<String>) {
    if description.as_ref().is_none_or(|text| text.node.trim().len() < 4) {
        missing.push(place);
    }
}

fn note_type(ty: &TypeDefinition, missing: &mut Vec<String>) {
    let name = ty.name.node.as_str();
    note(&ty.description, name.to_owned(), missing);
    match &ty.kind {
        TypeKind::Object(object) => note_fields(name, &object.fields, missing),
        TypeKind::Interface(interface) => note_fields(name, &interface.fields, missing),
        TypeKind::InputObject(input) => note_inputs(name, &input.fields, missing),
        TypeKind::Enum(values) => {
            for value in &values.values {
                note(&value.node.description, format!("{name}.{}", value.node.value.node), missing);
            }
        }
        TypeKind::Scalar => {
            let has_specification =
                ty.directives.iter().any(|directive| directive.node.name.node == "specifiedBy");
            if !has_specification {
                missing.push(format!("scalar {name} @specifiedBy"));
            }
        }
        TypeKind::Union(_) => {}
    }
}

fn note_fields(of: &str, fields: &[Positioned<FieldDefinition>], missing: &mut Vec<String>) {
    for field in fields {
        let place = format!("{of}.{}", field.node.name.node);
        note_inputs(&place, &field.node.arguments, missing);
        note(&field.node.description, place, missing);
    }
}

fn note_inputs(of: &str, inputs: &[Positioned<InputValueDefinition>], missing: &mut Vec<String>) {
    for input in inputs {
        note(&input.node.description, format!("{of}.{}", input.node.name.node), missing);
    }
}

/// `graphql`'s own codes are checked beside their list; this finds those that HTTP gives.
#[test]
fn every_code_that_http_gives_is_explained_in_the_documentation() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let source = std::fs::read_to_string(format!("{folder}/src/http/fault.rs")).unwrap();
    let page = std::fs::read_to_string(format!("{folder}/docs/errors.md")).unwrap();
    let is_code =
        |word: &&str| word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let codes: Vec<&str> = source.split('"').skip(1).step_by(2).filter(is_code).collect();
    assert!(codes.len() > 5, "no codes found in src/http/fault.rs: {codes:?}");
    let missing: Vec<&&str> = codes.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md says nothing of {missing:?}");
}
