//! Whatever receivables are grouped by, they add up to the same.

use proptest::prelude::*;

use super::*;

const TODAY: Date = jiff::civil::date(2026, 3, 1);

const DIMENSIONS: [Dimension; 5] =
    [Dimension::Status, Dimension::Customer, Dimension::Currency, Dimension::Month, Dimension::Age];

/// An open invoice that owns what a receivable borrows.
#[derive(Debug, Clone)]
struct Owed {
    status: InvoiceStatus,
    customer: Option<InvoiceCustomer>,
    date: Option<Date>,
    due_date: Option<Date>,
    open: Money,
    open_base: Option<Money>,
}

impl Owed {
    fn receivable(&self) -> Receivable<'_> {
        Receivable {
            status: self.status,
            customer: self.customer.as_ref(),
            date: self.date,
            due_date: self.due_date,
            open: self.open,
            open_base: self.open_base,
        }
    }
}

fn dates() -> impl Strategy<Value = Option<Date>> {
    proptest::option::of((-120i32..120).prop_map(|days| TODAY.saturating_add(jiff::Span::new().days(days))))
}

fn money(amounts: impl Strategy<Value = Decimal>) -> impl Strategy<Value = Money> {
    (amounts, proptest::sample::select(vec!["CHF", "EUR", "JPY"]))
        .prop_map(|(amount, currency)| Money::new(amount, currency.parse().unwrap()))
}

/// Amounts as invoices have them, and all others that there are.
fn usual() -> impl Strategy<Value = Decimal> + Clone {
    (-1_000_000i64..10_000_000).prop_map(|cents| Decimal::new(cents, 2))
}

fn any_amount() -> impl Strategy<Value = Decimal> + Clone {
    prop_oneof![
        usual(),
        (any::<[u32; 3]>(), any::<bool>(), 0u32..=28)
            .prop_map(|([lo, mid, hi], negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale)),
        Just(Decimal::MAX),
        Just(Decimal::MIN),
    ]
}

fn owed(amounts: impl Strategy<Value = Decimal> + Clone) -> impl Strategy<Value = Vec<Owed>> {
    let customer =
        (proptest::option::of(1i64..4), proptest::sample::select(vec!["Äpfel AG", "Bau AG", "äpfel ag"]))
            .prop_map(|(id, name)| InvoiceCustomer {
                id: id.and_then(PsohubCustomerId::new),
                name: name.into(),
            });
    let status =
        proptest::sample::select(vec![InvoiceStatus::Approved, InvoiceStatus::Sent, InvoiceStatus::Paid]);
    let amounts = (money(amounts.clone()), proptest::option::of(money(amounts)));
    let owed = (status, proptest::option::of(customer), dates(), dates(), amounts).prop_map(
        |(status, customer, date, due_date, (open, open_base))| Owed {
            status,
            customer,
            date,
            due_date,
            open,
            open_base,
        },
    );
    proptest::collection::vec(owed, 0..30)
}

fn grouped(owed: &[Owed], by: &[Dimension]) -> Vec<Group> {
    group(owed.iter().map(Owed::receivable), by, TODAY)
}

/// The sums of all groups, added up again.
fn added_up(groups: &[Group], sums: impl Fn(&Group) -> &Sums) -> Vec<(CurrencyCode, usize, Option<Decimal>)> {
    let mut all: BTreeMap<CurrencyCode, (usize, Option<Decimal>)> = BTreeMap::new();
    for sum in groups.iter().flat_map(|group| sums(group).iter()) {
        let (count, amount) = all.entry(sum.currency).or_insert((0, Some(Decimal::ZERO)));
        *count += sum.count;
        *amount = amount.zip(sum.amount).and_then(|(amount, more)| amount.checked_add(more));
    }
    all.into_iter().map(|(currency, (count, amount))| (currency, count, amount)).collect()
}

proptest! {
    #[test]
    fn groups_of_whatever_dimensions_add_up_to_the_whole(
        owed in owed(usual()), by in proptest::sample::subsequence(DIMENSIONS.to_vec(), 0..=5).prop_shuffle(),
    ) {
        let (whole, groups) = (grouped(&owed, &[]), grouped(&owed, &by));
        prop_assert_eq!(whole.len(), usize::from(!owed.is_empty()));
        prop_assert_eq!(groups.iter().map(|group| group.count).sum::<usize>(), owed.len());
        let open = |group: &Group| group.open.iter().map(|sum| sum.count).sum::<usize>();
        let base = |group: &Group| group.open_base.iter().map(|sum| sum.count).sum::<usize>();
        for group in &groups {
            prop_assert_eq!(open(group), group.count);
            prop_assert_eq!(base(group) + group.without_base, group.count);
            let currencies = group.open.iter().count();
            prop_assert!(!by.contains(&Dimension::Currency) || currencies == 1);
        }
        prop_assert_eq!(added_up(&groups, |group| &group.open), added_up(&whole, |group| &group.open));
        prop_assert_eq!(added_up(&groups, |group| &group.open_base), added_up(&whole, |group| &group.open_base));
    }

    #[test]
    fn no_two_groups_have_one_key_and_the_order_of_the_invoices_is_no_matter(
        (owed, shuffled) in owed(usual()).prop_flat_map(|owed| (Just(owed.clone()), Just(owed).prop_shuffle())),
        by in proptest::sample::subsequence(DIMENSIONS.to_vec(), 0..=5),
    ) {
        let groups = grouped(&owed, &by);
        prop_assert_eq!(&grouped(&shuffled, &by), &groups);
        for (at, group) in groups.iter().enumerate() {
            prop_assert!(groups[at + 1..].iter().all(|other| other.key != group.key), "{:?}", group.key);
        }
    }

    #[test]
    fn every_receivable_is_as_old_as_its_due_date(due_date in dates()) {
        let days = due_date.map_or(0, |due| due.until(TODAY).unwrap().get_days());
        let place = usize::try_from((days + 29) / 30).unwrap_or(0).min(4);
        let expected = if days <= 0 { Age::NotDue } else { Age::ALL[place] };
        prop_assert_eq!(Age::of(due_date, TODAY), expected);
    }

    #[test]
    fn no_amount_is_too_large_to_be_told_so(owed in owed(any_amount()), total in any_amount()) {
        for group in grouped(&owed, &[]) {
            for sum in group.open.iter() {
                let mut amounts = owed.iter().filter(|owed| owed.open.currency == sum.currency);
                let exact = amounts.clone().count() == 1;
                prop_assert!(!exact || sum.amount == amounts.next().map(|owed| owed.open.amount));
            }
        }
        for owed in &owed {
            let base = in_base(owed.open, total, owed.open_base);
            prop_assert_eq!(base.is_none_or(|base| Some(base.currency) == owed.open_base.map(|base| base.currency)), true);
        }
    }

    #[test]
    fn a_part_is_converted_at_the_rate_of_the_whole(total in 1i64..10_000_000, part in 0i64..10_000_000, rate in 1i64..40_000) {
        let total = Decimal::new(total, 2);
        let base = Money::new((total * Decimal::new(rate, 4)).round_dp(2), CurrencyCode::CHF);
        let open = Money::new(Decimal::new(part, 2).min(total), "EUR".parse().unwrap());
        let rest = Money::new(total - open.amount, open.currency);
        let [open, rest] = [open, rest].map(|open| in_base(open, total, Some(base)).unwrap());
        prop_assert_eq!((open.currency, rest.currency), (base.currency, base.currency));
        // Each part is rounded by itself.
        prop_assert!((open.amount + rest.amount - base.amount).abs() <= Decimal::new(1, 2));
        prop_assert!(open.amount.scale() <= 2);
    }
}

#[test]
fn a_sum_that_does_not_fit_is_unknown_and_not_wrong() {
    let chf = |amount| Money::new(amount, CurrencyCode::CHF);
    let mut sums = Sums::default();
    sums.add(chf(Decimal::MAX));
    sums.add(chf(Decimal::new(1, 2)));
    sums.add(Money::new(Decimal::ONE, "EUR".parse().unwrap()));
    assert_eq!(sums.of(CurrencyCode::CHF).unwrap().amount, None);
    assert_eq!(sums.of("EUR".parse().unwrap()).unwrap().amount, Some(Decimal::ONE));
}

#[test]
fn the_ends_of_the_ages() {
    let days_ago = |days: i32| Some(TODAY.saturating_sub(jiff::Span::new().days(days)));
    for (days, age) in [
        (-1, Age::NotDue),
        (0, Age::NotDue),
        (1, Age::Days1To30),
        (30, Age::Days1To30),
        (31, Age::Days31To60),
        (60, Age::Days31To60),
        (61, Age::Days61To90),
        (90, Age::Days61To90),
        (91, Age::Over90),
        (10_000, Age::Over90),
    ] {
        assert_eq!(Age::of(days_ago(days), TODAY), age, "{days} days");
    }
    assert_eq!(Age::of(None, TODAY), Age::NotDue);
    assert_eq!(Age::of(Some(Date::MIN), Date::MAX), Age::Over90);
}
