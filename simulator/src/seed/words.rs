//! The words the company's books are made of: names in four languages, roles, services, notes.
//!
//! People and mail addresses use reserved domains; the awkward ones are on purpose.

/// A customer's language, which is also where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locale {
    /// German-speaking Switzerland.
    SwissGerman,
    /// French-speaking Switzerland.
    SwissFrench,
    /// Ticino.
    SwissItalian,
    /// Germany and Austria.
    Euro,
    /// English-speaking countries.
    Overseas,
}

/// Company names; combined with a suffix of the locale.
pub(super) const COMPANIES: [(Locale, &[&str]); 5] = [
    (
        Locale::SwissGerman,
        &[
            "Müller & Söhne",
            "Zürcher Höhenklinik",
            "Bäckerei Grüter",
            "Kägi <Design>",
            "Häberli Treuhand",
            "Seerose Gärtnerei",
            "Föhn Elektro",
            "Aarebrücke Logistik",
            "Jäggi Maschinenbau",
            "Brönnimann Öfen",
            "Rüegg Sanitär",
            "Stadtwerk Küssnacht",
            "Spital Chäserrugg",
            "Käserei Appenzöll",
            "Hürlimann Architektur",
        ],
    ),
    (
        Locale::SwissFrench,
        &[
            "Société générale d'horlogerie",
            "Pâtisserie Évian",
            "Clinique des Deux-Ponts",
            "Atelier Gâchet",
            "Imprimerie Bülle",
            "Coopérative «Lavaux»",
            "Garage de l'Étoile",
            "Crèche L'Île aux Enfants",
        ],
    ),
    (
        Locale::SwissItalian,
        &["Caffè Ticino", "Officina Città Vecchia", "Studio Legale Bernaschà", "Funivia Monte Brè"],
    ),
    (
        Locale::Euro,
        &[
            "Großmann Straßenbau",
            "Österreichische Bühnentechnik",
            "Köhler Prüftechnik",
            "Allgäuer Käsefreunde",
        ],
    ),
    (
        Locale::Overseas,
        &["O'Neill Consulting", "Smith \"Quoted\" & Partners", "Northwind Trading", "Łódź-Œuvre Holdings"],
    ),
];

/// Legal forms of a locale.
pub(super) fn legal_forms(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::SwissGerman => &["AG", "GmbH", "Genossenschaft"],
        Locale::SwissFrench => &["SA", "Sàrl"],
        Locale::SwissItalian => &["SA", "Sagl"],
        Locale::Euro => &["GmbH", "KG", "e.K."],
        Locale::Overseas => &["Ltd", "Inc."],
    }
}

/// First names.
pub(super) const FIRST_NAMES: [&str; 14] = [
    "Jürg",
    "Zoé",
    "François",
    "Chiara",
    "Beat",
    "Renée",
    "Søren",
    "Łukasz",
    "Noëmi",
    "Urs",
    "Giulia",
    "Anaïs",
    "Eva",
    "Björn",
];

/// Last names.
pub(super) const LAST_NAMES: [&str; 14] = [
    "Müller",
    "Häberli",
    "Dubois",
    "Bernasconi",
    "O'Brien",
    "Schläpfer",
    "Grüter",
    "Zürcher",
    "Lefèvre",
    "Nuñez",
    "Weiß",
    "Kägi",
    "Rüegg",
    "Wälti",
];

/// Towns with their postcode.
pub(super) fn towns(locale: Locale) -> &'static [(&'static str, &'static str, &'static str)] {
    match locale {
        Locale::SwissGerman => &[
            ("8002", "Zürich", "CH"),
            ("3011", "Bern", "CH"),
            ("6403", "Küssnacht SZ", "CH"),
            ("9050", "Appenzell", "CH"),
        ],
        Locale::SwissFrench => {
            &[("1003", "Lausanne", "CH"), ("1204", "Genève", "CH"), ("2000", "Neuchâtel", "CH")]
        }
        Locale::SwissItalian => &[("6900", "Lugano", "CH"), ("6600", "Locarno", "CH")],
        Locale::Euro => &[("80331", "München", "DE"), ("1010", "Wien", "AT"), ("50667", "Köln", "DE")],
        Locale::Overseas => &[("EC1A 1BB", "London", "GB"), ("10001", "New York", "US")],
    }
}

/// Streets of a locale.
pub(super) fn streets(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::SwissGerman | Locale::Euro => &["Seestrasse", "Höhenweg", "Bahnhofplatz", "Alte Landstraße"],
        Locale::SwissFrench => &["Rue de l'Église", "Avenue de la Gare"],
        Locale::SwissItalian => &["Via Nassa", "Piazza della Città"],
        Locale::Overseas => &["High Street", "5th Avenue"],
    }
}

/// Services that are sold, by language.
pub(super) fn services(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::SwissGerman | Locale::Euro => &[
            "Projektleitung",
            "Einführung ERP",
            "Prozessanalyse",
            "Schulung Anwender",
            "Betrieb & Wartung",
            "Konzept Datenmigration",
            "Überprüfung IAM",
            "Supportstunden",
        ],
        Locale::SwissFrench => {
            &["Gestion de projet", "Mise en œuvre ERP", "Formation", "Analyse des processus"]
        }
        Locale::SwissItalian => &["Gestione progetto", "Formazione", "Manutenzione mensile"],
        Locale::Overseas => {
            &["Project management", "Implementation services", "Training", "Support retainer"]
        }
    }
}

/// Roles of the company's own people.
pub(super) const ROLES: [&str; 5] =
    ["Projektleiter", "Senior Consultant", "Consultant", "Entwicklerin", "Assistenz"];

/// What was done, on a time detail.
pub(super) const WORK: [&str; 8] = [
    "Workshop vorbereitet und durchgeführt",
    "Rücksprache mit dem Auftraggeber",
    "Migration Stammdaten, Testlauf 2",
    "Fehleranalyse (Ticket #4711)",
    "Dokumentation nachgeführt",
    "Statussitzung & Protokoll",
    "Code-Review Schnittstelle",
    "Abnahme, Restpunkte",
];

/// What was spent, on an expense detail.
pub(super) const EXPENSES: [&str; 6] = [
    "Bahn Zürich–Genève retour",
    "Hotel, 1 Nacht",
    "Verpflegung",
    "Parkgebühr",
    "Flug LHR",
    "Kopien & Porto",
];

/// The mail's text.
pub(super) fn notes(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::SwissGerman | Locale::Euro => &[
            "Vielen Dank für die gute Zusammenarbeit. Bei Fragen stehen wir Ihnen gerne zur Verfügung.",
            "Leistungen gemäss Vertrag.\nZahlbar innert 30 Tagen netto.",
            "",
        ],
        Locale::SwissFrench => {
            &["Nous vous remercions de votre confiance. À bientôt!", "Payable à 30 jours."]
        }
        Locale::SwissItalian => &["Grazie per la collaborazione.", "Pagabile entro 30 giorni."],
        Locale::Overseas => &["Thank you for your business.", "Payment terms: 30 days net."],
    }
}

/// Text that does harm where it is not escaped.
pub(super) const DANGEROUS: &str = "<script>alert(\"Rechnung\")</script> & 'Offerte' <img src=x onerror=alert(1)>\n\"Zeile 2\" \\ \u{2028}Ende\t{{7*7}}";
