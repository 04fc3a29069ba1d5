//! Idempotency keys: which are taken, and what makes two requests under one key the same.

use crate::domain::plan::SendOptions;
use crate::domain::{ContentHash, ContentHasher, PsohubInvoiceId};

/// The longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Whether a key can be kept: 1 to [`IDEMPOTENCY_KEY_BYTES_MAX`] bytes, all printable.
pub(in crate::services) fn is_usable(key: &str) -> bool {
    (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) && !key.chars().any(char::is_control)
}

/// What `sendInvoice` was asked.
pub(super) fn of_send(invoice: PsohubInvoiceId, options: &SendOptions) -> ContentHash {
    let mut hasher = ContentHasher::new("sendInvoice/1");
    hasher.number("invoice", Some(invoice.get()));
    hash_options(&mut hasher, options);
    hasher.finish()
}

/// What `sendInvoices` was asked.
pub(super) fn of_send_many(invoices: &[PsohubInvoiceId], options: &SendOptions) -> ContentHash {
    let mut hasher = ContentHasher::new("sendInvoices/1");
    hasher.list("invoices", invoices.len());
    for invoice in invoices {
        hasher.number("invoice", Some(invoice.get()));
    }
    hash_options(&mut hasher, options);
    hasher.finish()
}

fn hash_options(hasher: &mut ContentHasher, options: &SendOptions) {
    hasher
        .number("email", Some(i64::from(options.email)))
        .text("recipient", options.recipient.as_deref())
        .text("subject", options.subject.as_deref())
        .text("message", options.message.as_deref())
        .text("revenue_account", options.revenue_account.as_deref())
        .text("tax_code", options.tax_code.as_deref())
        .text("language", options.language.as_deref())
        .number("bank_account", options.bank_account_id);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(id: i64) -> PsohubInvoiceId {
        PsohubInvoiceId::new(id).unwrap()
    }

    #[test]
    fn a_key_is_short_and_printable() {
        assert!(is_usable("k"));
        assert!(is_usable(&"k".repeat(255)));
        assert!(is_usable("Rechnung März"));
        for key in ["", "a\nb", "\u{7f}", &"k".repeat(256)] {
            assert!(!is_usable(key), "{key:?}");
        }
    }

    #[test]
    fn every_argument_counts() {
        let text = || Some(Box::<str>::from("x"));
        let plain = SendOptions::default();
        let others = [
            SendOptions { email: false, ..plain.clone() },
            SendOptions { recipient: text(), ..plain.clone() },
            SendOptions { subject: text(), ..plain.clone() },
            SendOptions { message: text(), ..plain.clone() },
            SendOptions { revenue_account: text(), ..plain.clone() },
            SendOptions { tax_code: text(), ..plain.clone() },
            SendOptions { language: text(), ..plain.clone() },
            SendOptions { bank_account_id: Some(1), ..plain.clone() },
        ];
        let mut hashes = vec![of_send(invoice(1), &plain), of_send(invoice(2), &plain)];
        hashes.extend(others.iter().map(|options| of_send(invoice(1), options)));
        hashes.push(of_send_many(&[invoice(1)], &plain));
        hashes.push(of_send_many(&[invoice(1), invoice(2)], &plain));
        hashes.push(of_send_many(&[invoice(2), invoice(1)], &plain));
        for (index, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(hash), "{index}");
        }
    }
}
