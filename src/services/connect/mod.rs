//! Connecting the two accounts: consent in a browser, tokens kept and renewed, and what a person is
//! told about it.
//!
//! | part | is |
//! |---|---|
//! | [`flow`] | one attempt to connect, from the click to the stored tokens |
//! | [`link`] | the tokens in use: handed out, renewed in time, by one process at a time |
//! | [`configured`] | a token from the configuration in their place |
//! | [`status`] | how a connection stands |

mod configured;
mod error;
mod flow;
mod link;
mod renewal;
mod service;
mod status;

pub use configured::ConfiguredToken;
pub use error::ConnectError;
pub use flow::{Begun, Callback};
pub use link::{Link, LinkParts};
pub use service::{Access, ConnectService, Disconnected, Parts};
pub use status::ConnectionStatus;

use secrecy::SecretString;

/// 32 random bytes as text of letters, digits, `-` and `_`.
fn random_secret() -> SecretString {
    use base64::Engine;
    let bytes = secrecy::zeroize::Zeroizing::new(rand::random::<[u8; 32]>());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(*bytes).into()
}
