"""What headers mean: the words town halls and associations write above a column, by the field they name.

Only tables here, for whoever wants to add a word. Write a header as people do: case, accents, plurals, "(s)", "·e",
"*", little words (de, du, la, les, et…) and line breaks don't count. A stanza's `columns` in config.toml wins over all.

    ITEMS, SUBSCRIBERS   the words that name a field
    WEAK                 words that name it only when no better column does
    LEADS                beginnings: whatever follows, the column is that field
"""

from collections.abc import Mapping

Words = Mapping[str, tuple[str, ...]]

ITEMS: Words = {
    "title": (
        "Activité proposée", "Animation proposée", "Action proposée", "Évènement proposé", "Instance",
        "Nom de l'instance", "Titre", "Intitulé", "Title", "Titre de l'évènement", "Intitulé de l'évènement",
        "Nom de l'évènement", "Nom évènement", "Nom de la manifestation", "Nom de l'activité", "Nom de l'action",
        "Nom de la formation", "Nom de l'atelier", "Nom du dispositif", "Nom du projet", "Nom de l'appel",
        "Nom de l'appel à projets", "Nom de l'animation", "Nom de l'aide", "Nom de la rencontre",
        "Nom de la réunion", "Nom de la sortie", "Libellé", "Quoi", "C'est quoi", "Désignation", "Dénomination",
        "Appellation", "Objet de la réunion", "Titre annonce", "Titre de l'annonce", "Titre court",
        "Titre de l'article", "Objet de l'annonce", "Accroche", "AGD_TITRE", "title_fr", "Summary",
        "Nom du spectacle", "Titre du spectacle", "Thème de la formation", "Thème de la réunion",
        "Thème de la rencontre", "Sujet de la formation", "Intitulé de la formation", "Intitulé du stage",
        "Intitulé du poste", "Intitulé de l'action", "Intitulé de l'appel à projets", "Évènement", "Manifestation",
        "Événement / manifestation", "Nature de la manifestation",
    ),
    "kind": ("Type", "Type d'évènement", "Type de manifestation", "Type d'activité", "Nature", "Genre", "Kind"),
    "association": (
        "Association", "Asso", "Nom de l'association", "Nom asso", "Structure", "Nom de la structure",
        "Organisateur·rice", "Organisé par", "Porté par", "Porteur·se", "Porteur du projet", "Proposé par",
        "Association organisatrice", "Association porteuse", "Structure organisatrice", "Structure porteuse",
        "Organisme", "Club", "Collectif", "Qui", "Qui organise", "Nom de l'organisateur", "Organisation",
        "Organizer", "AGD_ORG", "Association ou structure", "Association / structure", "Émetteur", "Annonceur",
        "De la part de", "Financeur", "Financé par", "Financement", "Porteurs", "Partenaire organisateur",
        "Service organisateur", "Nom de l'organisme", "Associations organisatrices",
    ),
    "date": (
        "Date", "Jour", "Quand", "C'est quand", "Date et heure", "Date / heure", "Date horaire", "Date et horaires",
        "Jour et heure", "Jour et horaires", "Jour date", "Date début", "Date de début", "Date du début",
        "Début date", "Date de l'évènement", "Date de la manifestation", "Date du", "Date de départ",
        "Date début évènement", "Jour de début", "Date et heure de début", "Date / heure de début", "Début le",
        "Date prévue", "Dates prévues", "Date prévisionnelle", "Date réunion", "Date formation", "Période",
        "Calendrier", "AGD_START", "Start date", "Date de session", "Session", "Date retenue", "Date de rendez-vous",
        "Jour de la semaine", "Dates clés",
    ),
    "date_end": (
        "Date fin", "Date de fin", "Date de la fin", "Fin date", "Date et heure de fin", "Date / heure de fin",
        "Jour de fin", "Date au", "Date de clôture de l'évènement", "Fin le", "AGD_END", "End date", "Date retour",
        "Date fin évènement", "Dernier jour",
    ),
    "hours": (
        "Horaire", "Heure", "Créneau", "Créneau horaire", "Heure de rendez-vous", "Plage horaire", "Horaire prévu",
        "Heures d'ouverture", "Horaires d'ouverture", "À quelle heure", "Time", "Heure de la manifestation",
        "AGD_HOR",
    ),
    "start": (
        "Heure début", "Heure de début", "Heure du début", "Horaire début", "Horaire de début", "Début heure",
        "H début", "H. début", "Heure de départ", "Heure d'arrivée", "Début horaire", "Start time",
        "Heure de démarrage", "Commence à",
    ),
    "end": (
        "Heure fin", "Heure de fin", "Heure de la fin", "Horaire fin", "Horaire de fin", "Fin heure", "H fin",
        "H. fin", "Fin horaire", "End time", "Termine à", "Finit à", "Heure de clôture",
    ),
    "deadline": (
        "Date limite", "Échéance", "Date d'échéance", "Deadline", "Date butoir", "Clôture", "Date de clôture",
        "Limite de dépôt", "Date limite de dépôt", "Date limite d'inscription", "Date limite de candidature",
        "Date limite de réponse", "Date limite d'envoi", "S'inscrire avant le", "Inscription avant le",
        "Inscription avant", "Inscription jusqu'au", "Répondre avant le", "Répondre avant", "À rendre avant le",
        "À rendre pour le", "Avant le", "Dépôt avant le", "Dépôt jusqu'au", "Candidater avant le",
        "Limite d'inscription", "Fin des inscriptions", "Clôture des inscriptions", "Clôture des candidatures",
        "Fin de dépôt", "Délai", "Dernier délai", "Date de remise", "Date limite de remise", "Remise des dossiers",
        "Dépôt des dossiers", "Date de dépôt", "Limite", "Retour avant le", "Date de fin de dépôt",
        "Date fin de candidature", "Date clôture", "Date limite de retour", "Submission deadline",
        "Date limite de réservation", "Réservation avant le", "Réserver avant le", "Date de fin des inscriptions",
    ),
    "place": (
        "Nom lieu", "lieu_nom", "lieu_adresse", "Lieu", "Où", "C'est où", "Salle", "Adresse", "Équipement",
        "Endroit", "Lieu de rendez-vous", "Lieu et adresse", "Lieu / adresse", "Lieu (adresse)", "Nom du lieu",
        "Adresse du lieu", "Lieu de l'évènement", "Lieu de la manifestation", "Lieu de formation", "Site (lieu)",
        "Emplacement", "Localisation", "Location", "AGD_ADDR", "location_name", "Rendez-vous", "RDV", "Lieu RDV",
        "Salle réservée", "Espace", "Quartier", "Ville", "Lieu de retrait",
    ),
    "price": (
        "Tarif", "Prix", "PAF", "Participation", "Montant", "Montant maximum", "Montant max", "Montant de l'aide",
        "Participation aux frais", "Participation financière", "Coût", "Entrée", "Prix d'entrée", "Tarif d'entrée",
        "Combien", "Frais", "Cotisation", "Conditions tarifaires", "Gratuit / payant", "Gratuité", "Gratuit",
        "Payant", "Budget", "Enveloppe", "Dotation", "Subvention max", "Montant de la subvention", "Plafond",
        "Price", "conditions_fr", "AGD_GRATUIT", "Billetterie (tarif)", "Aide maximale", "Aide max", "Tarif plein",
        "Prix de vente",
    ),
    "audiences": (
        "Diffusion", "Audience", "Destinataire", "Pour qui", "Pour", "À diffuser à", "Diffuser à", "Lettre",
        "Édition", "Liste de diffusion", "Publication pour", "À qui", "Visible par", "Lettre concernée",
        "Diffusion auprès de", "Diffusion vers", "Audiences", "Canal", "Newsletter",
    ),
    "contact": (
        "Contact", "Contacter", "Personne à contacter", "Personne contact", "Personne ressource", "Référent·e",
        "Qui contacter", "Coordonnées", "Renseignements", "Infos et contact", "Contact / infos",
        "Renseignements / contact", "Informations / contact", "Contact et inscription", "Nom du contact",
        "Interlocuteur·rice", "Responsable", "Contact public", "Nom contact", "Renseignements et inscriptions",
        "Renseignements et réservations", "Contact (mail ou téléphone)", "Contacts", "Coordonnées du contact",
        "Contact mail / tél", "Contact mail ou tél", "Nom du référent", "Infos / résa",
    ),
    "email": (
        "Mail", "E-mail", "Email", "Courriel", "Mél", "Adresse mail", "Adresse e-mail", "Adresse électronique",
        "Adresse courriel", "Contact mail", "Contact email", "Contact courriel", "Mail contact", "Mail du contact",
        "Courriel de contact", "Adresse de messagerie", "Adresse mail de contact",
    ),
    "phone": (
        "Téléphone", "Tél", "Tel", "Téléphone contact", "Tél contact", "Contact téléphone", "Contact tél",
        "N° de téléphone", "Numéro de téléphone", "Mobile", "Portable", "Téléphone portable", "GSM", "Phone",
        "N° tél",
    ),
    "url": (
        "Où postuler", "Où candidater", "Où réserver", "Lien vers la page", "Page internet", "Lien", "URL", "Site",
        "Site web", "Site internet", "Lien internet", "Lien web", "Page web", "Lien inscription",
        "Lien d'inscription", "Inscription", "Inscription en ligne", "Billetterie", "Réservation",
        "Lien billetterie", "Lien vers le site", "En savoir plus", "Plus d'infos", "Pour en savoir plus", "Web",
        "Adresse web", "Adresse internet", "Adresse du site", "Formulaire", "Lien du formulaire",
        "Lien vers le formulaire", "Page facebook", "Facebook", "Lien facebook", "Lien de l'évènement",
        "Lien de candidature", "Lien dossier", "Candidater", "AGD_URL", "url_source", "canonicalurl", "origin_url",
        "application_url", "Lien utile", "Lien HelloAsso", "Réservation en ligne", "Où s'inscrire",
    ),
    "description": (
        "Ordre du jour", "Sous-titre", "Chapô", "Chapeau", "Qui peut candidater", "Comment candidater",
        "Comment postuler", "Modalités", "Modalités de candidature", "Critères d'éligibilité",
        "Modalités d'inscription", "Descriptif", "Description", "Texte", "Détail", "Présentation", "Résumé",
        "Contenu", "Corps", "Corps du texte", "Message", "Programme", "Annonce", "Commentaire", "Précision", "Infos",
        "Informations", "Info complémentaire", "Informations complémentaires", "Informations pratiques",
        "Infos pratiques", "Complément", "Complément d'information", "Texte de présentation", "Texte de l'annonce",
        "Texte court", "Description courte", "Descriptif court", "Description longue", "Descriptif de l'évènement",
        "Quoi de neuf", "Texte à publier", "Détails pratiques", "Remarque", "Observation", "Objectif",
        "Contenu de la formation", "AGD_DESC", "description_fr", "Conditions", "Critères", "Éligibilité", "En bref",
        "En quelques mots", "Brève", "Notes", "Body",
    ),
    "image": (
        "Image", "Photo", "Visuel", "Affiche", "Illustration", "Fichier image", "Fichier photo", "Nom de l'image",
        "Flyer", "Nom du fichier image", "Photo / affiche", "Visuel / affiche", "Logo", "Vignette", "AGD_IMG",
        "Nom de la photo", "Nom de l'affiche", "Pièce jointe", "Fichier joint",
    ),
    "image_alt": (
        "Texte de l'image", "Texte de la photo", "Texte de l'affiche", "Légende", "Texte alternatif",
        "Description de l'image", "Alt", "Légende de l'image", "Légende de la photo", "Légende photo",
        "Légende / texte alternatif", "Description de la photo", "Description de l'affiche", "Description du visuel",
        "Texte alternatif de l'image", "Légende affiche", "Ce qu'on voit sur l'image",
    ),
    "status": (
        "À diffuser", "Diffusable", "Complet", "Reporté", "Annulation", "Bon à publier", "Bon pour publication",
        "Bon pour diffusion", "Statut", "État", "Situation", "Annulé", "Annulé / reporté", "Maintenu / annulé",
        "Status", "AGD_STATUS", "Statut de l'évènement", "État de l'évènement", "Avancement", "Publié", "Validé",
        "À publier", "Publication", "Confirmé", "Maintenu",
    ),
    "exchange": (
        "Je propose / je cherche", "Je propose ou je cherche", "Propose ou cherche", "Offre / demande",
        "Offre ou demande", "Sens", "Type d'annonce", "Type d'entraide", "Type d'échange", "Je", "Propose / cherche",
        "Sorte d'entraide", "Exchange", "Nature de l'annonce", "Type d'offre", "Type de demande",
    ),
    "themes": (
        "Thème", "Thématique", "Domaine", "Catégorie", "Mots-clés", "Mot clé", "Tag", "Étiquette", "Secteur",
        "Domaine d'activité", "Secteur d'activité", "keywords_fr", "Thème / domaine", "Discipline", "Categories",
    ),
    "publish_from": (
        "Date de début de parution", "Date de début d'affichage", "Date début de publication",
        "Date début de parution", "À publier du", "Publier du", "À publier le", "Publier le",
        "À publier à partir du", "Publier à partir du", "Date de publication", "Date de parution", "Parution",
        "Mise en ligne", "Date de mise en ligne", "Diffuser du", "À diffuser du", "Diffusion du",
        "Diffuser à partir du", "À diffuser à partir du", "Début de publication", "Date de début de publication",
        "Début de diffusion", "Date de diffusion", "Début d'affichage", "Affichage du", "Publié du",
        "Publication du", "Parution du", "Publication début", "Visible à partir du", "Visible du", "En ligne du",
        "Valable du", "Valable à partir du", "Disponible à partir du", "Disponible du", "Offre valable du",
        "Date de début de diffusion", "Publication à partir du",
    ),
    "publish_until": (
        "Date de fin de parution", "Date fin de parution", "Date fin de publication", "Date fin de diffusion",
        "À publier jusqu'au", "Publier jusqu'au", "Fin de publication", "Date de fin de publication",
        "Diffuser jusqu'au", "À diffuser jusqu'au", "Fin de diffusion", "Date de fin de diffusion",
        "Fin d'affichage", "Affichage jusqu'au", "Date de fin d'affichage", "Publication au", "Publication fin",
        "Publication jusqu'au", "Parution jusqu'au", "Fin de parution", "Visible jusqu'au", "En ligne jusqu'au",
        "Expiration", "Date d'expiration", "Expire le", "Valable jusqu'au", "Validité", "Fin de validité",
        "Date de fin de validité", "Disponible jusqu'au", "Retirer le", "À retirer le", "Péremption",
        "Date de retrait", "Offre valable jusqu'au", "Diffusion au",
    ),
    "places": (
        "Nbre de places", "Nbre places", "Places restantes", "Nb de participants", "Nbre de participants",
        "Nb participants", "Places", "Jauge", "Nombre de places", "Nb de places", "Nb places", "Places disponibles",
        "Capacité", "Effectif", "Effectif max", "Nombre de participants", "Places max", "Nombre max",
        "Nombre maximum de participants", "Quota", "Places limitées", "Nb max", "Nombre de postes",
        "Effectif maximum",
    ),
    "speaker": (
        "Intervenant·e", "Animé par", "Animateur·rice", "Formateur·rice", "Conférencier·ère", "Avec", "Invité·e",
        "Artiste", "Compagnie", "Intervenants", "Animation par", "Animation assurée par", "Encadrant·e",
        "Professeur·e", "Nom de l'intervenant", "Organisme de formation", "Formateur / intervenant", "Speaker",
        "Intervenant / formateur",
    ),
    "month": ("Mois", "Month", "Mois de l'évènement"),
}  # fmt: skip

WEAK: Words = {
    "title": (
        "Ordre du jour", "Nom", "Sujet", "Objet", "Formation", "Animation", "Activité", "Action", "Atelier", "Stage",
        "Spectacle", "Rencontre", "Réunion", "Projet", "Appel", "Appel à projets", "Appel à candidatures",
        "Dispositif", "Aide", "Module", "Actualité", "Article", "Information", "Offre", "Demande", "Besoin",
        "Proposition", "Annonce", "Sortie", "Concert", "Visite", "Conférence", "Rendez-vous", "Thème", "Thématique",
        "Name", "Nom du cours", "Cours", "Service", "Objet prêté", "Matériel", "Ressource", "Ressource partagée",
        "Quoi de neuf", "Brève", "Info", "Subvention", "Campagne", "Agenda", "Programme", "promesse", "short_title",
    ),
    "kind": ("Rubrique", "Catégorie", "Section", "AAP/AMI", "AGD_TYPE"),
    "association": (
        "Nom", "Qui propose", "Proposé", "Service", "Partenaire", "Organisatrice", "Offreur", "Demandeur", "Groupe",
    ),
    "audiences": (
        "Public", "Cible", "Public cible", "Public visé", "Public concerné", "Type de public", "Bénéficiaire",
        "Ouvert à", "cibles", "targeted_audiences", "Éligible", "Public éligible",
    ),
    "date": (
        "Publié le", "Prochaine date", "Date de réunion du jury", "Date de commission", "Horaires et jours",
        "date_ouverture",
    ),
    "price": ("Tarif réduit", "Tarif adhérent", "Tarif non adhérent"),
    "url": ("Source", "Document", "Dossier", "Dossier à télécharger"),
    "contact": ("Renseignement", "Nom de la personne", "Prénom Nom", "Inscription auprès de", "Chargé de mission"),
    "description": ("longdescription_fr", "Déroulé", "Public et contenu", "Caractéristiques", "promesse"),
    "exchange": ("Offre", "Demande"),
    "place": ("location_address", "Commune", "Lieu de départ", "Adresse postale"),
    "deadline": ("date_cloture",),
}  # fmt: skip

LEADS: Words = {
    "title": (
        "Matériel", "Objet prêté", "Activité", "Titre", "Intitulé", "Nom de l'évènement", "Nom de la manifestation",
        "Nom de l'action", "Nom du projet",
    ),
    "association": ("Nom de l'association", "Nom de la structure", "Association organisatrice", "Association ou"),
    "date": (
        "Date de l'évènement", "Date de la manifestation", "Date et heure", "Date et horaires", "Date de début",
        "Date(s) de l'évènement", "Jour et heure",
    ),
    "date_end": ("Date de fin",),
    "hours": ("Horaire",),
    "start": ("Heure de début", "Horaire de début"),
    "end": ("Heure de fin", "Horaire de fin"),
    "deadline": ("Date limite", "Date butoir", "Date de clôture", "Clôture des", "Limite de dépôt", "Échéance"),
    "place": ("Lieu", "Salle", "Où se", "Où a-t-il lieu", "Où a-t-elle lieu", "Où aura"),
    "price": ("Tarif", "Prix", "Participation aux frais", "Montant"),
    "audiences": ("Diffusion", "Pour qui", "Destinataire"),
    "contact": ("Contact", "Personne à contacter", "Renseignements"),
    "email": ("Adresse mail", "Courriel", "E-mail", "Mail"),
    "phone": ("Téléphone", "Numéro de téléphone"),
    "url": ("Lien", "Site internet", "Site web", "URL"),
    "description": ("Descriptif", "Description", "Texte", "Présentation", "Résumé"),
    "image": ("Image", "Photo", "Visuel", "Affiche", "Illustration"),
    "image_alt": ("Texte alternatif", "Légende", "Description de l'image", "Description de la photo"),
    "themes": ("Thématique", "Mots-clés"),
    "publish_from": ("Date de publication", "À publier à partir", "Début de publication"),
    "publish_until": ("Fin de publication", "À publier jusqu", "Date de fin de publication"),
    "places": ("Nombre de places", "Jauge", "Nombre maximum"),
    "speaker": ("Intervenant", "Animé par", "Formateur"),
}  # fmt: skip

# These begin like a field and are another thing: what an association's file says of itself, what a form adds.
OTHERS: tuple[str, ...] = (
    "Date de création", "Date de mise à jour", "Date de modification", "Date de saisie", "Date d'envoi",
    "Date de demande", "Date de réception", "Date d'enregistrement", "Date de validation", "Date de naissance",
    "Adresse de l'association", "Siège social", "Horodateur", "Timestamp", "Numéro", "Id", "Identifiant",
    "Code postal", "Commentaire interne", "Interne", "Note interne", "Remarque interne", "Réservé au service",
    "Saisi par", "Suivi", "Suivi par", "Adresse IP", "Lien interne", "Date de déclaration", "Contact interne",
    "Type d'aide", "Nature de l'aide", "Téléphone interne", "Mail interne", "Lieu de naissance", "Photo reçue",
    "Affiche reçue", "Visuel reçu", "Texte reçu", "Description interne",
)  # fmt: skip

SUBSCRIBERS: Words = {
    "address": (
        "Courriel", "E-mail", "Email", "Mail", "Mél", "Adresse mail", "Adresse e-mail", "Adresse électronique",
        "Adresse courriel", "Adresse de messagerie", "Adresse", "Email address", "Courriel personnel",
        "Mail personnel", "Mail de contact", "Courriel de contact", "Contact mail", "Courrier électronique",
        "Address",
    ),
    "first_name": ("Prénom", "Prénoms", "First name", "Prénom usuel", "Prénom de l'abonné"),
    "last_name": ("Nom", "Nom de famille", "Nom usuel", "Last name", "Nom de l'abonné", "Patronyme"),
    "audiences": (
        "Liste", "Lettre", "Audience", "Liste de diffusion", "Diffusion", "Abonnement", "Newsletter", "Abonné à",
        "Lettre souhaitée", "Profil", "Public", "Catégorie", "Type", "Segment", "Groupe", "Vous êtes",
    ),
    "consented_at": (
        "Inscrit le", "Date d'inscription", "Abonné le", "Date d'abonnement", "Consentement le",
        "Date du consentement", "Date de consentement", "Horodateur", "Date", "Inscription", "Timestamp",
        "Recueilli le", "Date d'accord", "Opt-in le", "Date d'opt-in", "Consented at",
    ),
    "consent": (
        "Origine du consentement", "Consentement", "Origine", "Source", "Provenance", "Recueilli par",
        "Origine de l'inscription", "Mode de recueil", "Comment", "Source du consentement", "Preuve du consentement",
        "Mode d'inscription", "Opt-in", "Accord", "Canal", "Recueil du consentement", "Lieu d'inscription",
    ),
    "wording": (
        "Texte du consentement", "Libellé du consentement", "Formule", "Texte accepté", "Mention", "Formulation",
        "Mention acceptée", "Texte présenté", "Formulation du consentement",
    ),
    "themes": (
        "Thème", "Thématique", "Centres d'intérêt", "Intérêts", "Sujets", "Rubriques", "Préférences", "Domaines",
    ),
    "status": ("Statut", "État", "Situation", "Désinscrit", "Désabonné", "Actif", "Status", "Désinscription"),
}  # fmt: skip

SUBSCRIBERS_WEAK: Words = {
    "consent": ("Remarque", "Observation", "Commentaire"),
    "audiences": ("Association", "Qualité"),
}
SUBSCRIBERS_LEADS: Words = {
    "address": ("Adresse mail", "Adresse e-mail", "Courriel", "E-mail"),
    "consented_at": ("Date d'inscription", "Date du consentement", "Inscrit le"),
    "consent": ("Origine du consentement",),
}

# A directory of associations.
DIRECTORY: Words = {
    "name": (
        "Nom",
        "Nom complet",
        "Association",
        "Nom de l'association",
        "Dénomination",
        "Intitulé",
        "Titre",
        "Name",
    ),
    "short": ("Sigle", "Sigles", "Acronyme", "Abréviation", "Initiales", "Nom court", "Nom usuel", "Dit"),
}
