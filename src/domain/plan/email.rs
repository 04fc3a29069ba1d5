//! The e-mail that Bexio sends with the invoice.

use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::{day, filled, html};
use super::{Field, Header, Place, PlanInput, ProblemCode, Totals};
use crate::domain::Money;

/// What Bexio replaces by the link to the customer's page; it refuses messages without it.
pub const PORTAL_LINK: &str = "[Network Link]";

/// The longest subject, in characters.
pub const SUBJECT_CHARS_MAX: usize = 200;

/// The longest message as typed, in characters.
pub const MESSAGE_CHARS_MAX: usize = 10_000;

/// The e-mail as planned. Bexio's number of the invoice is not known before the draft exists: it
/// stands as [`DOCUMENT_NUMBER`] until [`Email::for_document`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// To whom; empty where that is a problem.
    pub recipient: Box<str>,
    /// One line.
    pub subject: Box<str>,
    /// HTML, with [`PORTAL_LINK`].
    pub message: Box<str>,
    /// Whether Bexio attaches its PDF.
    pub attach_pdf: bool,
}

/// Stands for Bexio's number of the invoice.
pub const DOCUMENT_NUMBER: &str = "{documentNumber}";

/// What can stand in a subject or a message, and is replaced.
pub const PLACEHOLDERS: [&str; 8] =
    [DOCUMENT_NUMBER, "{number}", "{name}", "{customer}", "{contact}", "{total}", "{date}", "{dueDate}"];

/// What looks like a placeholder in `template` and is none.
pub fn unknown_placeholders(template: &str) -> Vec<&str> {
    let mut unknown = Vec::new();
    let mut rest = template;
    while let Some((_, placeholder, after)) = next_placeholder(rest) {
        if !PLACEHOLDERS.contains(&placeholder) {
            unknown.push(placeholder);
        }
        rest = after;
    }
    unknown
}

/// What stands before the first `{…}`, that itself, and what follows.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, at) = text.split_at(text.find('{')?);
    let (placeholder, after) = at.split_at(at.find('}')? + 1);
    Some((before, placeholder, after))
}

impl Email {
    /// The e-mail with Bexio's number in its place.
    #[must_use]
    pub fn for_document(&self, document_number: &str) -> Self {
        Self {
            subject: self.subject.replace(DOCUMENT_NUMBER, document_number).into(),
            message: self.message.replace(DOCUMENT_NUMBER, &html(document_number)).into(),
            ..self.clone()
        }
    }
}

/// The e-mail, where one is wanted.
pub(super) fn email(
    input: &PlanInput<'_>,
    header: &Header,
    totals: &Totals,
    problems: &mut Problems,
) -> Option<Email> {
    if !input.options.email {
        return None;
    }
    let words = Words::of(input, header, totals);
    let attach_pdf = input.settings.attach_pdf;
    let language = header.language.as_ref().and_then(|language| language.code.as_deref());
    let plain = Plain::of(language, attach_pdf);
    let subject = words.subject(input, &plain, problems);
    let message = words.message(input, &plain, problems);
    Some(Email { recipient: recipient(input, problems), subject, message, attach_pdf })
}

fn recipient(input: &PlanInput<'_>, problems: &mut Problems) -> Box<str> {
    let contact = input.invoice.contact.as_ref();
    let (address, place) = match filled(input.options.recipient.as_deref()) {
        Some(address) => (Some(address), Place::Option(Field::Recipient)),
        None => {
            (filled(contact.and_then(|contact| contact.email.as_deref())), Place::Invoice(Field::Recipient))
        }
    };
    match address {
        None => problems.refuse(
            ProblemCode::RecipientMissing,
            place,
            "the invoice's contact has no e-mail address",
            "Give the contact an address in PSOhub, name a recipient, or send without e-mail.",
        ),
        Some(address) if is_address(address) => return address.into(),
        Some(address) => problems.refuse(
            ProblemCode::RecipientInvalid,
            place,
            format!("'{}' is not one e-mail address", cut(address, 80)),
            "Name exactly one address, such as ap@muster.example.",
        ),
    }
    Box::default()
}

/// What placeholders stand for.
struct Words(Vec<(&'static str, String)>);

impl Words {
    fn of(input: &PlanInput<'_>, header: &Header, totals: &Totals) -> Self {
        let invoice = input.invoice;
        let owned = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
        let total = Money::new(totals.bexio, invoice.currency);
        Self(vec![
            ("{number}", invoice.number.trim().to_owned()),
            ("{name}", owned(invoice.name.as_deref())),
            ("{customer}", owned(invoice.customer.as_ref().map(|customer| &*customer.name))),
            ("{contact}", owned(invoice.contact.as_ref().and_then(|contact| contact.name.as_deref()))),
            ("{total}", format!("{} {}", invoice.currency, total.amount_text())),
            ("{date}", day(header.date)),
            ("{dueDate}", header.due_date.map(day).unwrap_or_default()),
        ])
    }

    fn subject(&self, input: &PlanInput<'_>, plain: &Plain, problems: &mut Problems) -> Box<str> {
        let asked = filled(input.options.subject.as_deref());
        let configured = filled(input.settings.subject.as_deref());
        let (given, place) = match (asked, configured) {
            (Some(subject), _) => (subject, Place::Option(Field::Subject)),
            (None, Some(subject)) => (subject, Place::Setting(Field::Subject)),
            (None, None) => (plain.subject, Place::Setting(Field::Subject)),
        };
        let filled = self.fill(given, &place, problems);
        let line = filled.split(|letter: char| letter.is_whitespace() || letter.is_control());
        let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if line.chars().count() > SUBJECT_CHARS_MAX {
            problems.refuse(
                ProblemCode::SubjectTooLong,
                place,
                format!("the subject has more than {SUBJECT_CHARS_MAX} characters"),
                "Shorten it.",
            );
        }
        cut(&line, SUBJECT_CHARS_MAX).into()
    }

    fn message(&self, input: &PlanInput<'_>, plain: &Plain, problems: &mut Problems) -> Box<str> {
        let (text, place) = if let Some(message) = filled(input.options.message.as_deref()) {
            let place = Place::Option(Field::Message);
            (self.fill(message, &place, problems), place)
        } else if let Some(note) = filled(input.invoice.note.as_deref()) {
            // A note is the customer's text, and no template.
            (note.to_owned(), Place::Invoice(Field::Message))
        } else if let Some(message) = filled(input.settings.message.as_deref()) {
            let place = Place::Setting(Field::Message);
            (self.fill(message, &place, problems), place)
        } else {
            (plain.message.to_owned(), Place::Setting(Field::Message))
        };
        let is_note = place == Place::Invoice(Field::Message);
        if text.chars().count() > MESSAGE_CHARS_MAX {
            problems.refuse(
                ProblemCode::MessageTooLong,
                place,
                format!("the message has more than {MESSAGE_CHARS_MAX} characters"),
                "Shorten it.",
            );
        }
        let mut message = html(&cut(&text, MESSAGE_CHARS_MAX));
        if is_note {
            // [`Email::for_document`] would take it for one.
            message = message.replace(DOCUMENT_NUMBER, "&#123;documentNumber&#125;");
        }
        if !message.contains(PORTAL_LINK) {
            message.push_str("<br /><br />");
            message.push_str(PORTAL_LINK);
        }
        message.into()
    }

    /// Replaces placeholders; one that is not known stays and is told.
    fn fill(&self, template: &str, place: &Place, problems: &mut Problems) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, placeholder, after)) = next_placeholder(rest) {
            filled.push_str(before);
            let known = self.0.iter().find(|(name, _)| *name == placeholder).map(|(_, value)| &**value);
            if known.is_none() && placeholder != DOCUMENT_NUMBER {
                warn_of_placeholder(placeholder, place, problems);
            }
            filled.push_str(known.unwrap_or(placeholder));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn warn_of_placeholder(placeholder: &str, place: &Place, problems: &mut Problems) {
    problems.warn(
        ProblemCode::PlaceholderUnknown,
        place.clone(),
        format!("{} is no placeholder and stays as it is", cut(placeholder, 40)),
        "Known are {documentNumber}, {number}, {name}, {customer}, {contact}, {total}, {date} and {dueDate}.",
    );
}

/// What is written where nobody wrote anything.
struct Plain {
    subject: &'static str,
    message: &'static str,
}

impl Plain {
    /// The link to the customer's page follows the message, so that one without an attachment ends there.
    fn of(language: Option<&str>, attach_pdf: bool) -> Self {
        let (subject, attached, linked) = match language {
            Some("de") => (
                "Rechnung {documentNumber}",
                "Guten Tag\n\nAnbei erhalten Sie unsere Rechnung.",
                "Guten Tag\n\nUnter dem folgenden Link finden Sie unsere Rechnung.",
            ),
            Some("fr") => (
                "Facture {documentNumber}",
                "Bonjour,\n\nVeuillez trouver ci-joint notre facture.",
                "Bonjour,\n\nVous trouverez notre facture sous le lien suivant.",
            ),
            Some("it") => (
                "Fattura {documentNumber}",
                "Buongiorno,\n\nin allegato trova la nostra fattura.",
                "Buongiorno,\n\ntrova la nostra fattura al link seguente.",
            ),
            _ => (
                "Invoice {documentNumber}",
                "Hello,\n\nPlease find our invoice attached.",
                "Hello,\n\nPlease find our invoice under the following link.",
            ),
        };
        Self { subject, message: if attach_pdf { attached } else { linked } }
    }
}

/// Whether `text` is one e-mail address that a mail server would take.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let odd =
        |letter: char| letter.is_whitespace() || letter.is_control() || ",;:<>()[]\\\"@".contains(letter);
    let dotted = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    (1..=64).contains(&local.len())
        && text.len() <= 254
        && !local.contains(odd)
        && dotted(local)
        && domain.contains('.')
        && domain.split('.').all(label)
        && domain.rsplit('.').next().is_some_and(|last| last.chars().any(char::is_alphabetic))
}

/// Whether two addresses reach the same mailbox, as far as can be told.
pub(super) fn is_same_address(left: &str, right: &str) -> bool {
    let (left, right) = (left.trim(), right.trim());
    !left.is_empty() && left.to_lowercase() == right.to_lowercase()
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
