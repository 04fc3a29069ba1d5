//! Files that can be downloaded.

use crate::domain::{BexioInvoiceId, PsohubInvoiceId};
use crate::graphql::output::object;
use crate::graphql::scalars::Url;

/// Whose file it is, with the number that names it to people.
#[derive(Debug, Clone, Copy)]
pub(in crate::graphql) enum File<'a> {
    /// The PDF that PSOhub made of an invoice.
    Psohub(PsohubInvoiceId, &'a str),
    /// The PDF that Bexio made of an invoice.
    Bexio(BexioInvoiceId, &'a str),
}

impl File<'_> {
    fn name(self) -> String {
        let (number, id) = match self {
            Self::Psohub(id, number) => (number, id.get()),
            Self::Bexio(id, number) => (number, id.get()),
        };
        let safe: String = number
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
            .collect();
        let safe = safe.trim_matches(['.', '-']);
        if safe.is_empty() { format!("{id}.pdf") } else { format!("{safe}.pdf") }
    }
}

object! {
    /// A file that can be downloaded with the same access rights as this answer.
    "Document" Document<'a> from File<'a> {
        /// Where to download it, relative to this service.
        "url": Url = |file, out| match file {
            File::Psohub(id, _) => out.plain(format_args!("/documents/psohub/{id}")),
            File::Bexio(id, _) => out.plain(format_args!("/documents/bexio/{id}")),
        };
        /// The name to save it under, such as INV-2024-33.pdf.
        "fileName": String = |file, out| out.text(&file.name());
        /// What it is: application/pdf.
        "contentType": String = |_, out| out.text("application/pdf");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_becomes_a_name_that_every_file_system_takes() {
        let id = PsohubInvoiceId::new(7).unwrap();
        for (number, name) in [
            ("INV-2024-33", "INV-2024-33.pdf"),
            ("../../etc/passwd", "etc-passwd.pdf"),
            ("Zürich 1\r\n\"x\"", "Zürich-1---x.pdf"),
            ("", "7.pdf"),
            ("...", "7.pdf"),
        ] {
            assert_eq!(File::Psohub(id, number).name(), name);
        }
    }
}
