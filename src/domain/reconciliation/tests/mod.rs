//! Every rule finds what it is for, and no more; every verdict is reached.

mod properties;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::*;
use crate::domain::{
    AccountingStatus as B, BexioInvoiceId, CurrencyCode, InvoiceCustomer, InvoiceLine, InvoiceStatus as P,
    Money, PsohubInvoiceId, RoundingTolerance,
};

const STATUSES: [P; 6] = [P::Draft, P::Approved, P::Sent, P::Paid, P::Void, P::Unknown];
const BEXIO_STATUSES: [B; 7] =
    [B::Draft, B::Pending, B::Paid, B::Partial, B::Cancelled, B::Unpaid, B::Unknown];

/// One invoice on both sides, which agree: sent, issued, CHF 108.10.
#[derive(Debug, Clone)]
struct Case {
    psohub: Option<Invoice>,
    bexio: Option<AccountingInvoice>,
    duplicates: Vec<Arc<AccountingInvoice>>,
    external_id: ExternalId,
    contact: Option<BexioContactId>,
    delivery: Option<State>,
    is_linked_by_hand: bool,
    psohub_known: Knowledge,
    bexio_known: Knowledge,
}

const TODAY: Date = date(2026, 2, 1);

fn line(total_ex_vat: Decimal) -> InvoiceLine {
    InvoiceLine {
        number: "1".into(),
        name: None,
        description: None,
        gl_account: None,
        tax_code: None,
        tax_name: None,
        total_ex_vat: Some(total_ex_vat),
        total_inc_vat: None,
        details: Box::default(),
    }
}

fn psohub() -> Invoice {
    Invoice {
        id: PsohubInvoiceId::new(7).unwrap(),
        number: "INV-7".into(),
        name: None,
        date: Some(date(2026, 1, 15)),
        due_date: Some(date(2026, 2, 14)),
        note: None,
        status: P::Sent,
        status_raw: "Sent".into(),
        customer: Some(InvoiceCustomer { id: None, name: "Muster Bau AG".into() }),
        contact: None,
        currency: CurrencyCode::CHF,
        total_ex_vat: Decimal::from(100),
        total_inc_vat: Decimal::new(10810, 2),
        total_ex_vat_base: None,
        total_inc_vat_base: None,
        lines: Box::new([line(Decimal::from(60)), line(Decimal::from(40))]),
        external_id: None,
        has_pdf: true,
    }
}

fn bexio(id: i64, status: B) -> AccountingInvoice {
    AccountingInvoice {
        id: BexioInvoiceId::new(id).unwrap(),
        document_number: format!("RE-{id}").into(),
        title: None,
        status,
        status_raw: 8,
        contact_id: BexioContactId::new(31),
        currency: CurrencyCode::CHF,
        total: Decimal::new(10810, 2),
        total_net: Decimal::from(100),
        total_taxes: Decimal::new(81000, 4),
        received: Decimal::ZERO,
        credited: Decimal::ZERO,
        remaining: Decimal::new(10810, 2),
        date: Some(date(2026, 1, 15)),
        due_date: Some(date(2026, 2, 14)),
        reference: None,
        api_reference: Some("psohub:7".into()),
        updated_at: "2026-01-15T10:00:00Z".parse().unwrap(),
    }
}

impl Case {
    fn agreeing() -> Self {
        Self {
            psohub: Some(psohub()),
            bexio: Some(bexio(5, B::Pending)),
            duplicates: Vec::new(),
            external_id: ExternalId::Present(Some("RE-5".into())),
            contact: BexioContactId::new(31),
            delivery: Some(State::Done),
            is_linked_by_hand: false,
            psohub_known: Knowledge::Read,
            bexio_known: Knowledge::Read,
        }
    }

    /// The case with its PSOhub side changed.
    fn psohub(mut self, change: impl FnOnce(&mut Invoice)) -> Self {
        if let Some(invoice) = &mut self.psohub {
            change(invoice);
        }
        self
    }

    /// The case with its Bexio side changed.
    fn bexio(mut self, change: impl FnOnce(&mut AccountingInvoice)) -> Self {
        if let Some(invoice) = &mut self.bexio {
            change(invoice);
        }
        self
    }

    fn statuses(self, in_psohub: P, in_bexio: B) -> Self {
        self.psohub(|invoice| {
            invoice.status = in_psohub;
            invoice.status_raw = in_psohub.word().unwrap_or("On hold").into();
        })
        .bexio(|invoice| invoice.status = in_bexio)
    }

    fn compared(&self) -> Reconciliation {
        compare(&Sides {
            psohub: self.psohub.as_ref(),
            bexio: self.bexio.as_ref(),
            duplicates: &self.duplicates,
            external_id: &self.external_id,
            contact: self.contact,
            delivery: self.delivery,
            is_linked_by_hand: self.is_linked_by_hand,
            psohub_known: self.psohub_known,
            bexio_known: self.bexio_known,
            tolerance: RoundingTolerance::STANDARD,
            today: TODAY,
        })
    }

    #[track_caller]
    fn gives(&self, verdict: Verdict, rules: &[Rule]) {
        let found = self.compared();
        let found_rules: Vec<_> = found.reasons.iter().map(|reason| reason.rule).collect();
        assert_eq!((found.verdict, &*found_rules), (verdict, rules), "{self:?}");
    }
}

#[test]
fn what_agrees_is_matched() {
    Case::agreeing().gives(Verdict::Matched, &[]);
    // Also before anybody looked up external ids, knew the contact, or sent it through us.
    let little = Case { external_id: ExternalId::Unknown, contact: None, delivery: None, ..Case::agreeing() };
    little.gives(Verdict::Matched, &[]);
}

/// The whole table: what each pair of statuses means.
#[test]
fn every_pair_of_statuses() {
    let table = |in_psohub: P, in_bexio: B| match (in_psohub, in_bexio) {
        (P::Unknown, _) => Some((Verdict::Unknown, Rule::UnknownInPsohub)),
        (_, B::Unknown) => Some((Verdict::Unknown, Rule::UnknownInBexio)),
        (P::Draft | P::Void, B::Cancelled)
        | (P::Paid, B::Paid)
        | (P::Approved | P::Sent, B::Pending | B::Partial | B::Unpaid) => None,
        (P::Approved | P::Sent, B::Paid) => Some((Verdict::PaidOnlyInBexio, Rule::PaidOnlyInBexio)),
        (P::Paid, B::Pending | B::Partial | B::Unpaid | B::Draft) => {
            Some((Verdict::PaidOnlyInPsohub, Rule::PaidOnlyInPsohub))
        }
        (P::Approved | P::Sent | P::Paid, B::Cancelled) => {
            Some((Verdict::CancelledInBexio, Rule::CancelledInBexio))
        }
        (P::Approved | P::Sent, B::Draft) => Some((Verdict::Mismatch, Rule::DraftInBexio)),
        (P::Draft, _) => Some((Verdict::Mismatch, Rule::DraftInPsohub)),
        (P::Void, B::Draft) => Some((Verdict::Mismatch, Rule::WithdrawnDraft)),
        (P::Void, _) => Some((Verdict::Mismatch, Rule::WithdrawnInPsohub)),
    };
    for in_psohub in STATUSES {
        for in_bexio in BEXIO_STATUSES {
            let case = Case::agreeing().statuses(in_psohub, in_bexio);
            match table(in_psohub, in_bexio) {
                Some((verdict, rule)) => case.gives(verdict, &[rule]),
                None => case.gives(Verdict::Matched, &[]),
            }
        }
    }
}

#[test]
fn what_is_paid_is_only_ever_told_by_the_words_for_paid() {
    for in_psohub in STATUSES {
        for in_bexio in BEXIO_STATUSES {
            let verdict = Case::agreeing().statuses(in_psohub, in_bexio).compared().verdict;
            assert!(verdict != Verdict::PaidOnlyInBexio || in_bexio == B::Paid);
            assert!(verdict != Verdict::PaidOnlyInPsohub || in_psohub == P::Paid);
        }
    }
    // Nothing remains, and yet Bexio does not call it paid.
    let nothing_left = Case::agreeing().bexio(|invoice| {
        invoice.received = invoice.total;
        invoice.remaining = Decimal::ZERO;
    });
    nothing_left.gives(Verdict::Matched, &[]);
}

#[test]
fn what_is_on_one_side_only() {
    let absent = ExternalId::Absent;
    let only_psohub = Case { bexio: None, external_id: absent, delivery: None, ..Case::agreeing() };
    let at = |status| only_psohub.clone().psohub(|invoice| invoice.status = status);
    at(P::Draft).gives(Verdict::NotApplicable, &[Rule::DraftOnly]);
    at(P::Void).gives(Verdict::NotApplicable, &[Rule::WithdrawnOnly]);
    at(P::Approved).gives(Verdict::NotSentYet, &[Rule::NotSentYet]);
    // The day it is due is still in time.
    let due = |day: Date| at(P::Approved).psohub(|invoice| invoice.due_date = Some(day));
    due(TODAY).gives(Verdict::NotSentYet, &[Rule::NotSentYet]);
    due(date(2026, 1, 31)).gives(Verdict::MissingInBexio, &[Rule::NotSentInTime]);
    at(P::Sent).gives(Verdict::MissingInBexio, &[Rule::SentWithoutBexio]);
    at(P::Paid).gives(Verdict::MissingInBexio, &[Rule::PaidWithoutBexio]);
    at(P::Unknown).gives(Verdict::Unknown, &[Rule::UnknownInPsohub]);
    let named = Case { external_id: ExternalId::Present(Some("RE-9".into())), ..at(P::Sent) };
    named.gives(Verdict::MissingInBexio, &[Rule::ExternalIdWithoutInvoice]);
    assert_eq!(named.compared().reasons[0].psohub.as_ref().unwrap().to_string(), "RE-9");
    Case { delivery: Some(State::Draft), ..at(P::Approved) }.gives(Verdict::Explained, &[Rule::BeingSent]);
    Case { delivery: Some(State::Failed), ..at(P::Approved) }
        .gives(Verdict::MissingInBexio, &[Rule::SendFailed]);
    Case { delivery: Some(State::Done), ..at(P::Approved) }
        .gives(Verdict::MissingInBexio, &[Rule::GoneFromBexio]);
    Case { delivery: Some(State::Abandoned), ..at(P::Approved) }
        .gives(Verdict::NotSentYet, &[Rule::NotSentYet]);

    let only_bexio = |status| Case {
        psohub: None,
        bexio: Some(bexio(5, status)),
        external_id: ExternalId::Unknown,
        delivery: None,
        ..Case::agreeing()
    };
    only_bexio(B::Pending).gives(Verdict::MissingInPsohub, &[Rule::NoPsohubInvoice]);
    only_bexio(B::Draft).gives(Verdict::MissingInPsohub, &[Rule::NoPsohubInvoiceDraft]);
    only_bexio(B::Cancelled).gives(Verdict::NotApplicable, &[Rule::NoPsohubInvoiceCancelled]);
}

#[test]
fn a_side_that_was_not_read_is_never_called_missing() {
    for known in [Knowledge::Never, Knowledge::Failing] {
        for status in STATUSES {
            let case = Case {
                bexio: None,
                bexio_known: known,
                external_id: ExternalId::Absent,
                delivery: None,
                ..Case::agreeing().psohub(|invoice| invoice.status = status)
            };
            match status {
                P::Draft => case.gives(Verdict::NotApplicable, &[Rule::DraftOnly]),
                P::Void => case.gives(Verdict::NotApplicable, &[Rule::WithdrawnOnly]),
                P::Unknown => case.gives(Verdict::Unknown, &[Rule::UnknownInPsohub]),
                _ => case.gives(Verdict::Unknown, &[Rule::BexioNotRead]),
            }
        }
        let unread = Case {
            psohub: None,
            psohub_known: known,
            external_id: ExternalId::Unknown,
            delivery: None,
            ..Case::agreeing()
        };
        unread.gives(Verdict::Unknown, &[Rule::PsohubNotRead]);
        // What is held of both is compared, however old it is.
        Case { psohub_known: known, bexio_known: known, ..Case::agreeing() }.gives(Verdict::Matched, &[]);
    }
}

#[test]
fn only_what_a_person_tied_together_can_be_untied() {
    for is_linked_by_hand in [false, true] {
        let case = Case { contact: BexioContactId::new(44), is_linked_by_hand, ..Case::agreeing() };
        case.gives(Verdict::Mismatch, &[Rule::OtherContact]);
        let mutation = case.compared().reasons[0].mutation;
        assert_eq!(mutation, is_linked_by_hand.then_some(Mutation::UnlinkInvoice));
    }
}

#[test]
fn what_is_there_more_than_once() {
    let beside = |status| Case { duplicates: vec![Arc::new(bexio(6, status))], ..Case::agreeing() };
    beside(B::Pending).gives(Verdict::DuplicateInBexio, &[Rule::Duplicate]);
    beside(B::Paid).gives(Verdict::DuplicateInBexio, &[Rule::Duplicate]);
    beside(B::Draft).gives(Verdict::Mismatch, &[Rule::DuplicateDraft]);
    beside(B::Cancelled).gives(Verdict::Explained, &[Rule::DuplicateCancelled]);
    let reason = &beside(B::Pending).compared().reasons[0];
    assert_eq!(reason.psohub.as_ref().unwrap().to_string(), "RE-5");
    assert_eq!(reason.bexio.as_ref().unwrap().to_string(), "RE-6");
    Case { delivery: Some(State::Issue), ..beside(B::Draft) }.gives(Verdict::Explained, &[Rule::BeingSent]);
}

#[test]
fn a_send_explains_what_is_to_come_and_its_end_does_not() {
    let draft = |delivery| Case {
        external_id: ExternalId::Absent,
        delivery,
        ..Case::agreeing().statuses(P::Approved, B::Draft)
    };
    draft(Some(State::Issue)).gives(Verdict::Explained, &[Rule::BeingSent]);
    draft(Some(State::NeedsReview)).gives(Verdict::Mismatch, &[Rule::SendNeedsReview, Rule::DraftInBexio]);
    let issued = |delivery| Case { external_id: ExternalId::Absent, delivery, ..Case::agreeing() };
    issued(Some(State::WriteBack)).gives(Verdict::Explained, &[Rule::BeingSent]);
    issued(Some(State::Done)).gives(Verdict::Mismatch, &[Rule::ExternalIdMissing]);
    issued(None).gives(Verdict::Mismatch, &[Rule::ExternalIdMissing]);
    // Only left-over drafts are looked for: all that is seen is there.
    Case { delivery: Some(State::Sweep), ..Case::agreeing() }.gives(Verdict::Matched, &[]);
}

#[test]
fn totals_differ_by_rounding_by_credit_or_in_earnest() {
    let cents = |cents| Decimal::new(cents, 2);
    let total = |cents_more| Case::agreeing().bexio(|invoice| invoice.total += cents(cents_more));
    for difference in [1, -1, 5, -5] {
        total(difference).gives(Verdict::Explained, &[Rule::TotalRounded]);
    }
    total(6).gives(Verdict::Mismatch, &[Rule::TotalDiffers]);
    let reason = &total(-6).compared().reasons[0];
    assert_eq!(reason.psohub, Some(Value::Money(Money::new(cents(10810), CurrencyCode::CHF))));
    assert_eq!(reason.difference.unwrap().amount, cents(-6));
    assert_eq!(reason.bexio.as_ref().unwrap().to_string(), "CHF 108.04");

    let in_euro = |case: Case| {
        let euro = "EUR".parse().unwrap();
        case.psohub(|invoice| invoice.currency = euro).bexio(|invoice| invoice.currency = euro)
    };
    in_euro(total(1)).gives(Verdict::Explained, &[Rule::TotalRounded]);
    in_euro(total(2)).gives(Verdict::Mismatch, &[Rule::TotalDiffers]);

    let credited = Case::agreeing().bexio(|invoice| invoice.credited = cents(2000));
    credited.gives(Verdict::Explained, &[Rule::CreditedInBexio]);
    let larger_in_bexio = credited.bexio(|invoice| invoice.total += cents(2000));
    larger_in_bexio.gives(Verdict::Explained, &[Rule::CreditedInBexio]);
    larger_in_bexio
        .bexio(|invoice| invoice.credited = cents(1900))
        .gives(Verdict::Mismatch, &[Rule::TotalDiffers]);
}

#[test]
fn each_other_figure_has_its_rule() {
    let case = Case::agreeing;
    case().bexio(|invoice| invoice.total_net += Decimal::ONE).gives(Verdict::Mismatch, &[Rule::LinesDiffer]);
    case()
        .psohub(|invoice| invoice.lines[0].total_ex_vat = Some(Decimal::new(6004, 2)))
        .gives(Verdict::Explained, &[Rule::LinesRounded]);
    // A line without its amount: then PSOhub's own total counts.
    case().psohub(|invoice| invoice.lines[0].total_ex_vat = None).gives(Verdict::Matched, &[]);
    case().bexio(|invoice| invoice.total_taxes = Decimal::new(81049, 4)).gives(Verdict::Matched, &[]);
    case()
        .bexio(|invoice| invoice.total_taxes = Decimal::new(81051, 4))
        .gives(Verdict::Explained, &[Rule::VatRounded]);
    case()
        .bexio(|invoice| invoice.total_taxes = Decimal::from(9))
        .gives(Verdict::Mismatch, &[Rule::VatDiffers]);
    case()
        .bexio(|invoice| invoice.currency = "EUR".parse().unwrap())
        .gives(Verdict::Mismatch, &[Rule::CurrencyDiffers]);
    case()
        .bexio(|invoice| invoice.due_date = Some(date(2026, 2, 15)))
        .gives(Verdict::Mismatch, &[Rule::DueDateDiffers]);
    case().bexio(|invoice| invoice.due_date = None).gives(Verdict::Mismatch, &[Rule::DueDateMissingInBexio]);
    case().psohub(|invoice| invoice.due_date = None).gives(Verdict::Explained, &[Rule::DueDateOnlyInBexio]);
    case().statuses(P::Paid, B::Paid).bexio(|invoice| invoice.due_date = None).gives(Verdict::Matched, &[]);
    Case { contact: BexioContactId::new(44), ..case() }.gives(Verdict::Mismatch, &[Rule::OtherContact]);
    let named = |value: &str| Case { external_id: ExternalId::Present(Some(value.into())), ..case() };
    named("RE-6").gives(Verdict::Mismatch, &[Rule::ExternalIdNamesAnother]);
    for same in ["5", " re-5 "] {
        named(same).gives(Verdict::Matched, &[]);
    }
    Case { external_id: ExternalId::Present(None), ..case() }.gives(Verdict::Matched, &[]);
}

#[test]
fn the_gravest_comes_first_and_the_weightiest_gives_the_verdict() {
    let case = Case::agreeing()
        .statuses(P::Sent, B::Paid)
        .bexio(|invoice| (invoice.total, invoice.due_date) = (Decimal::from(200), None));
    case.gives(
        Verdict::PaidOnlyInBexio,
        &[Rule::TotalDiffers, Rule::PaidOnlyInBexio, Rule::DueDateMissingInBexio],
    );
    assert_eq!(Rule::PaidOnlyInBexio.mutation().map(Mutation::code), Some("MARK_INVOICE_PAID"));
}

#[test]
fn every_rule_says_what_it_is_about_and_what_to_do() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in Rule::ALL {
        assert!(rule.words().ends_with('.'), "{rule:?}");
        assert_eq!(rule.verdict().is_settled(), rule.severity() == Severity::Info, "{rule:?}");
        assert!(seen.insert(rule.code()), "{rule:?}");
        assert!(rule.remedy().is_some() || !needs_work(*rule), "{rule:?}");
        assert!(rule.mutation().is_none() || rule.remedy().is_some(), "{rule:?}");
    }
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Matched) {
        assert!(Rule::ALL.iter().any(|rule| rule.verdict() == verdict), "{verdict:?}");
    }
}

/// What the tables of docs/reconciliation.md say between two headings, a row at a time.
fn documented(from: &str, to: &str) -> Vec<Vec<String>> {
    let page = include_str!("../../../../docs/reconciliation.md");
    let section = page.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.map(cells).collect()
}

#[test]
fn the_documentation_explains_every_verdict_and_reason_as_they_are() {
    let verdicts = documented("## Verdicts", "## Reasons");
    let codes: Vec<_> = verdicts.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(codes, Verdict::ALL.map(Verdict::code));
    let mut reasons = documented("## Reasons", "## What is compared with what");
    let or_dash = |text: Option<&str>| text.unwrap_or("–").to_owned();
    let mut expected: Vec<Vec<String>> = Rule::ALL
        .iter()
        .map(|rule| {
            let of_rule = [rule.code(), rule.severity().code(), rule.verdict().code(), rule.words()];
            let mut row: Vec<String> = of_rule.map(str::to_owned).into();
            row.extend([or_dash(rule.remedy()), or_dash(rule.mutation().map(Mutation::code))]);
            row
        })
        .collect();
    reasons.sort_unstable();
    expected.sort_unstable();
    assert_eq!(reasons, expected);
}

fn needs_work(rule: Rule) -> bool {
    rule.severity() > Severity::Info
}
