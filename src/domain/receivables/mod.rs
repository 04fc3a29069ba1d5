//! What customers owe, added up by whatever it is wanted by.
//!
//! Pure. Sums are kept per currency and never across; a sum that does not fit 96 bits is given as
//! unknown and never as something else. Every receivable is in exactly one group, so the groups of any
//! dimensions add up to the same.

mod age;
mod sums;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

pub use age::Age;
pub use sums::{Sum, Sums};

use super::{CurrencyCode, InvoiceCustomer, InvoiceStatus, Money, PsohubCustomerId};

/// One invoice on which something is owed; a negative amount is owed to the customer.
#[derive(Debug, Clone, Copy)]
pub struct Receivable<'a> {
    /// PSOhub's status.
    pub status: InvoiceStatus,
    /// Who owes.
    pub customer: Option<&'a InvoiceCustomer>,
    /// Invoice date.
    pub date: Option<Date>,
    /// Due date.
    pub due_date: Option<Date>,
    /// What is owed, in the invoice's currency.
    pub open: Money,
    /// The same in the company's own currency, where that can be told.
    pub open_base: Option<Money>,
}

/// By what receivables can be grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dimension {
    /// PSOhub's status.
    Status,
    /// The customer: one with an id by that, whatever its name.
    Customer,
    /// The currency of the invoice.
    Currency,
    /// The month of the invoice date.
    Month,
    /// How long it has been due.
    Age,
}

/// What the invoices of a group have in common. Only what was grouped by is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupKey {
    /// PSOhub's status.
    pub status: Option<InvoiceStatus>,
    /// The customer; inside, `None` of invoices that name none. Where invoices with one customer id name
    /// it differently, the alphabetically first name.
    pub customer: Option<Option<InvoiceCustomer>>,
    /// The currency.
    pub currency: Option<CurrencyCode>,
    /// The first day of the month; inside, `None` of invoices without a date.
    pub month: Option<Option<Date>>,
    /// How long they have been due.
    pub age: Option<Age>,
}

/// Receivables that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What.
    pub key: GroupKey,
    /// Number of invoices.
    pub count: usize,
    /// What is owed, per currency of the invoices.
    pub open: Sums,
    /// The same in the company's own currency, as far as it can be told.
    pub open_base: Sums,
    /// Invoices of which it cannot.
    pub without_base: usize,
}

/// Groups `receivables` by `dimensions`; by none: all together. Groups come in the order of the
/// dimensions given; without receivables there is no group.
pub fn group<'a>(
    receivables: impl IntoIterator<Item = Receivable<'a>>,
    dimensions: &[Dimension],
    today: Date,
) -> Vec<Group> {
    let mut groups: BTreeMap<Vec<Part<'a>>, Group> = BTreeMap::new();
    for receivable in receivables {
        let parts: Vec<_> =
            dimensions.iter().map(|dimension| Part::of(&receivable, *dimension, today)).collect();
        groups.entry(parts).or_insert_with(Group::new).add(&receivable, dimensions, today);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // Customers are told apart by id and listed by name, which is known only now.
    groups.sort_by(|(parts, group), (other_parts, other)| {
        dimensions
            .iter()
            .zip(parts.iter().zip(other_parts))
            .map(|(dimension, (part, other_part))| match dimension {
                Dimension::Customer => {
                    group.customer_name().cmp(&other.customer_name()).then(part.cmp(other_part))
                }
                _ => part.cmp(other_part),
            })
            .fold(Ordering::Equal, Ordering::then)
    });
    groups.into_iter().map(|(_, group)| group).collect()
}

/// `open`, which is a part of `total` in the same currency, in the company's own currency, in which the
/// total is `total_base`: at the rate of the whole, to the digits of that currency.
pub fn in_base(open: Money, total: Decimal, total_base: Option<Money>) -> Option<Money> {
    let base = total_base?;
    if base.currency == open.currency {
        return Some(open);
    }
    if open.amount == total {
        return Some(base);
    }
    let exact = base.amount.checked_mul(open.amount)?.checked_div(total)?;
    let digits = base.currency.minor_digits();
    let amount = exact.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    Some(Money::new(amount, base.currency))
}

/// One part of what groups are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Status(InvoiceStatus),
    NoCustomer,
    CustomerId(PsohubCustomerId),
    CustomerName(&'a str),
    Currency(CurrencyCode),
    Month(Option<Date>),
    Age(Age),
}

impl<'a> Part<'a> {
    fn of(receivable: &Receivable<'a>, dimension: Dimension, today: Date) -> Self {
        match dimension {
            Dimension::Status => Self::Status(receivable.status),
            Dimension::Customer => match receivable.customer {
                None => Self::NoCustomer,
                Some(InvoiceCustomer { id: Some(id), .. }) => Self::CustomerId(*id),
                Some(InvoiceCustomer { id: None, name }) => Self::CustomerName(name),
            },
            Dimension::Currency => Self::Currency(receivable.open.currency),
            Dimension::Month => Self::Month(receivable.date.map(Date::first_of_month)),
            Dimension::Age => Self::Age(Age::of(receivable.due_date, today)),
        }
    }
}

impl Group {
    /// The sum in the company's own currency; `None` where it can be told of no invoice, or PSOhub named
    /// several currencies as the company's own.
    pub fn open_base(&self) -> Option<Money> {
        let mut sums = self.open_base.iter();
        let sum = sums.next().filter(|_| sums.next().is_none())?;
        sum.amount.map(|amount| Money::new(amount, sum.currency))
    }

    /// Of how many invoices [`Self::open_base`] leaves out what is owed.
    pub fn without_base(&self) -> usize {
        if self.open_base().is_some() { self.without_base } else { self.count }
    }

    fn new() -> Self {
        Self {
            key: GroupKey::default(),
            count: 0,
            open: Sums::default(),
            open_base: Sums::default(),
            without_base: 0,
        }
    }

    fn add(&mut self, receivable: &Receivable<'_>, dimensions: &[Dimension], today: Date) {
        for dimension in dimensions {
            match dimension {
                Dimension::Status => self.key.status = Some(receivable.status),
                Dimension::Customer => self.name_customer(receivable.customer),
                Dimension::Currency => self.key.currency = Some(receivable.open.currency),
                Dimension::Month => self.key.month = Some(receivable.date.map(Date::first_of_month)),
                Dimension::Age => self.key.age = Some(Age::of(receivable.due_date, today)),
            }
        }
        self.count += 1;
        self.open.add(receivable.open);
        match receivable.open_base {
            Some(open_base) => self.open_base.add(open_base),
            None => self.without_base += 1,
        }
    }

    fn name_customer(&mut self, customer: Option<&InvoiceCustomer>) {
        let named = self.key.customer.as_ref().and_then(Option::as_ref);
        if named.is_none_or(|named| customer.is_some_and(|customer| customer.name < named.name)) {
            self.key.customer = Some(customer.cloned());
        }
    }

    fn customer_name(&self) -> Option<String> {
        self.key.customer.as_ref()?.as_ref().map(|customer| customer.name.to_lowercase())
    }
}
