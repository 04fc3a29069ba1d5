//! The mails that Bexio sent: recorded, never delivered.

use jiff::Timestamp;

/// A mail as the customer got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The invoice it is about.
    pub kb_invoice_id: i64,
    /// The invoice's number at that time.
    pub document_nr: String,
    /// The reminder's id when it is a reminder.
    pub kb_reminder_id: Option<i64>,
    /// To whom.
    pub recipient_email: String,
    /// The subject.
    pub subject: String,
    /// The message, `[Network Link]` replaced by the portal link.
    pub message: String,
    /// Whether Bexio's own PDF was attached.
    pub attach_pdf: bool,
    /// When it left.
    pub at: Timestamp,
}
