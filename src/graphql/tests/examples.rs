//! The example operations of the console and of the documentation run against this schema.

use std::path::Path;

use serde_json::json;

use super::support::{Api, example, snapshot};

#[tokio::test]
async fn every_example_of_the_console_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console/examples");
    // The sources of the console are not part of a packaged crate.
    let Ok(entries) = std::fs::read_dir(&folder) else { return };
    let api = Api::new(snapshot(vec![example()]));
    let mut seen = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "graphql") {
            let answer = api.answer(&std::fs::read_to_string(&path).unwrap(), json!({})).await;
            assert!(answer.get("data").is_some(), "{}: {answer:#}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no examples in {}", folder.display());
}

#[tokio::test]
async fn every_example_of_the_documentation_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for page in ["schema.md", "operations.md", "connecting.md", "reconciliation.md", "morning.md"] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap();
        let examples: Vec<&str> =
            text.split("```graphql\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
        assert!(!examples.is_empty(), "no examples in {page}");
        for operation in examples {
            let api = Api::new(snapshot(vec![example()]));
            let answer = api.answer(operation, json!({})).await;
            assert_eq!(answer.get("errors"), None, "{page}: {operation}\n{answer:#}");
        }
    }
}
