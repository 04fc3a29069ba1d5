//! The OAuth issuer under `/realms/bexio`: a Keycloak realm.

/// Codes and tokens given out.
#[derive(Debug, Default)]
pub(crate) struct Issuer {}
