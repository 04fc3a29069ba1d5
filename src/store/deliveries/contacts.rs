//! Which Bexio contact stands for which customer and person of PSOhub, as found, made or chosen.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use crate::domain::{BexioContactId, PsohubContactId, PsohubCustomerId};
use crate::store::columns::instant;
use crate::store::{Store, StoreError};

/// How a mapping came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingOrigin {
    /// A person chose it. Only another choice takes its place.
    Chosen,
    /// We created the contact.
    Created,
    /// A search found it.
    Found,
}

impl MappingOrigin {
    const ALL: [Self; 3] = [Self::Chosen, Self::Created, Self::Found];

    const fn word(self) -> &'static str {
        match self {
            Self::Chosen => "CHOSEN",
            Self::Created => "CREATED",
            Self::Found => "FOUND",
        }
    }
}

/// A customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactMapping {
    /// In PSOhub.
    pub customer: PsohubCustomerId,
    /// In Bexio.
    pub company: BexioContactId,
    /// How it came to be.
    pub origin: MappingOrigin,
    /// When, to the millisecond.
    pub at: Timestamp,
}

/// A person at a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonMapping {
    /// In PSOhub.
    pub contact: PsohubContactId,
    /// In Bexio.
    pub person: BexioContactId,
    /// How it came to be.
    pub origin: MappingOrigin,
    /// When, to the millisecond.
    pub at: Timestamp,
}

/// What stands in the table for either.
#[derive(Debug, Clone, Copy)]
pub(super) struct MappingRow {
    part: Part,
    psohub: i64,
    bexio: BexioContactId,
    origin: MappingOrigin,
    at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Company,
    Person,
}

impl Part {
    const fn word(self) -> &'static str {
        match self {
            Self::Company => "COMPANY",
            Self::Person => "PERSON",
        }
    }
}

impl ContactMapping {
    pub(super) const fn row(&self) -> MappingRow {
        let Self { customer, company, origin, at } = *self;
        MappingRow { part: Part::Company, psohub: customer.get(), bexio: company, origin, at }
    }
}

impl PersonMapping {
    pub(super) const fn row(&self) -> MappingRow {
        let Self { contact, person, origin, at } = *self;
        MappingRow { part: Part::Person, psohub: contact.get(), bexio: person, origin, at }
    }
}

impl Store {
    /// The contact that stands for this customer.
    pub async fn contact_mapping(
        &self,
        customer: PsohubCustomerId,
    ) -> Result<Option<ContactMapping>, StoreError> {
        let row = self.mapping(Part::Company, customer.get()).await?;
        Ok(row.map(|MappingRow { bexio, origin, at, .. }| ContactMapping {
            customer,
            company: bexio,
            origin,
            at,
        }))
    }

    /// The contact that stands for this person.
    pub async fn person_mapping(
        &self,
        contact: PsohubContactId,
    ) -> Result<Option<PersonMapping>, StoreError> {
        let row = self.mapping(Part::Person, contact.get()).await?;
        Ok(row.map(|MappingRow { bexio, origin, at, .. }| PersonMapping {
            contact,
            person: bexio,
            origin,
            at,
        }))
    }

    /// Forgets a customer's mapping if it still is to `company`: that contact is gone from Bexio.
    /// Returns whether it was.
    pub async fn forget_contact_mapping(
        &self,
        customer: PsohubCustomerId,
        company: BexioContactId,
    ) -> Result<bool, StoreError> {
        self.forget(Part::Company, customer.get(), company).await
    }

    async fn mapping(&self, part: Part, psohub: i64) -> Result<Option<MappingRow>, StoreError> {
        let row = sqlx::query(
            "SELECT bexio_contact_id, origin, mapped_at_ms FROM contact_mappings
             WHERE part = $1 AND psohub_id = $2",
        )
        .bind(part.word())
        .bind(psohub)
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (bexio, origin, at): (i64, &str, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let known = MappingOrigin::ALL.into_iter().find(|known| known.word() == origin);
        match (BexioContactId::new(bexio), known, instant(at)) {
            (Some(bexio), Some(origin), Ok(at)) => Ok(Some(MappingRow { part, psohub, bexio, origin, at })),
            _ => Err(StoreError::Unreadable {
                record: format!("the Bexio contact of {} {psohub} of PSOhub", part.word()),
                problem: format!("contact {bexio}, origin {origin}, at {at}"),
            }),
        }
    }

    async fn forget(&self, part: Part, psohub: i64, bexio: BexioContactId) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let forgotten = sqlx::query(
            "DELETE FROM contact_mappings WHERE part = $1 AND psohub_id = $2 AND bexio_contact_id = $3",
        )
        .bind(part.word())
        .bind(psohub)
        .bind(bexio.get())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(forgotten > 0)
    }
}

/// Saves a mapping as part of a larger change. What a person chose is left alone by anything else.
pub(super) async fn save(connection: &mut AnyConnection, mapping: MappingRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO contact_mappings (part, psohub_id, bexio_contact_id, origin, mapped_at_ms)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (part, psohub_id) DO UPDATE SET bexio_contact_id = excluded.bexio_contact_id,
         origin = excluded.origin, mapped_at_ms = excluded.mapped_at_ms
         WHERE contact_mappings.origin <> 'CHOSEN' OR excluded.origin = 'CHOSEN'",
    )
    .bind(mapping.part.word())
    .bind(mapping.psohub)
    .bind(mapping.bexio.get())
    .bind(mapping.origin.word())
    .bind(mapping.at.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}
