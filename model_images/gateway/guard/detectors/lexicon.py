"""Words that say what stands beside them: titles, kin, roles, labels, streets, facilities; and eponyms.

Six languages in one list: notes mix them, and few of the words mean anything else in another.
"""

from collections.abc import Mapping

_CLASSES: Mapping[str, str] = {
    "TITLE": """mr mrs ms miss mx dr drs doctor prof professor sir dame lord lady rev reverend fr sgt sergeant officer
        captain judge attorney rabbi herr herrn frau hr fräulein dres oa oä m mme mlle monsieur madame mademoiselle pr docteur
        professeur maître don doña sr sra srta señor señora dña dra sig signor signora signorina dott dott.ssa dottor
        dottoressa dottore dhr mevr mw mevrouw meneer heer ing ir mr. mrs. ms. dr. prof. med""",
    "KIN": """wife husband spouse partner mother father mom mum dad son daughter sister brother aunt uncle niece nephew
        cousin grandmother grandfather grandson granddaughter stepson stepdaughter stepmother stepfather fiancé fiancée
        boyfriend girlfriend friend neighbour neighbor guardian caregiver carer sibling twin ehefrau ehemann gatte
        gattin frau mann mutter vater sohn tochter schwester bruder tante onkel nichte neffe schwiegersohn
        schwiegertochter nachbarin nachbar betreuer betreuerin lebensgefährte lebensgefährtin épouse époux mari femme
        mère père fils fille soeur sœur frère gendre voisine voisin compagne compagnon esposa esposo marido mujer madre
        padre hijo hija hermano hermana yerno suegra moglie marito figlio figlia sorella fratello genero echtgenote
        echtgenoot zoon dochter moeder vader zus broer schoonzoon""",
    "ROLE": """patient patientin patienten pat pt pts client nurse sister surgeon consultant physician attending resident registrar
        gp pcp provider radiologist anesthesiologist anaesthetist author assistant therapist chaplain interpreter
        witness supervisor hausarzt hausärztin oberarzt oberärztin chefarzt chefärztin assistenzarzt stationsarzt
        operateur untersucher zuweiser befunder arzt ärztin schwester pfleger patiente médecin chirurgien opérateur
        anesthésiste interne externe praticien radiologue secrétaire infirmière ide paciente médico médica cirujano
        facultativo responsable enfermera paziente medico chirurgo infermiera patiënt huisarts arts chirurg behandelaar
        verpleegkundige kollege kollegin confrère collega collègue dear hi hello hey team""",
    "LABEL": """name names surname forename firstname lastname fullname first_name last_name given family fname lname nachname
        vorname familienname nom prénom prenom noms nombre apellidos apellido nome cognome nominativo naam voornaam
        achternaam insured guarantor subscriber contact nok kin cardholder holder née nee geb geborene aka formerly
        alias initials signed gez firmado fdo firma signé by cc re attn betreff patient_name provider""",
    "GREET": """dear hi hello hey sincerely regards cheers thanks grüßen grüße gruß mfg lieber liebe sehr geehrte geehrter
        geehrten cher chère cordialement confraternellement estimado estimada querido querida hola saludos atentamente
        gentile egregio caro cara ciao saluti geachte beste hoi groet groeten hoogachtend""",
    "SAY": """said says reports reported denies denied states stated complains endorses recommends recommended noted
        called asked thinks wants likes lives resides called signed agrees berichtet klagt wohnt lebt empfiehlt verneint
        meldet présente décrit recommande propose habite vit réside refiere acude presenta vive reside riferisce abita
        meldt belde woont woonachtig wohnhaft domicilié demeurant named heißt called""",
    "STREET": """street st road rd avenue ave av lane ln drive dr. boulevard blvd bd court ct place pl terrace close crescent way
        highway hwy parkway pkwy circle cir square sq trail grove gardens mews hill strasse straße str gasse weg allee
        platz ring damm ufer rue chemin impasse allée route quai cours calle c/ avenida avda plaza paseo via viale
        piazza corso vicolo largo straat laan plein gracht kade singel dreef apt suite unit floor po box""",
    "FACILITY": """hospital clinic infirmary medical center centre surgery practice hospice pharmacy ward nursing school university college
        klinikum klinik krankenhaus universitätsklinikum universitätsklinik praxis pflegeheim seniorenheim reha
        rehaklinik gemeinschaftspraxis hôpital hopital chu ch clinique polyclinique ehpad cabinet maternité hospitalier
        universidad clínica ambulatorio consultorio ospedale policlinico clinica asl ziekenhuis umc kliniek
        gezondheidscentrum church""",
    "NEAR": """in at from near to of outside around into zu zum aus bei nach nahe à de dans vers près en desde a da di presso
        te uit naar bij van born moved city town county village district address adresse anschrift wohnort ort ville
        ciudad localidad población domicilio città indirizzo woonplaats plaats residence domicile home located location""",
    "PARTICLE": "von van der den de la le du des di da del della dos das do el al bin ben ibn ter ten zu zur st saint mac",
    "SUFFIX": "jr sr ii iii iv md m.d. phd ph.d. rn np pa pa-c do d.o. frcp frcs bsc msc facc facs dds pharmd esq lcsw crna",
    "EPONYM": """disease syndrome palsy sign catheter score scale fracture lymphoma test criteria tumor tumour sarcoma
        thyroiditis phenomenon reflex position procedure method stain esophagus oesophagus diverticulum fistula
        contracture nodes stage classification index chorea ataxia anemia ulcer hernia maneuver manoeuvre dementia
        criterion formula ring law triad pouch disorder krankheit morbus syndrom zeichen phänomen fraktur tumor
        thyreoiditis katheter lymphom skala reflex ulkus maladie syndrome signe sonde enfermedad síndrome signo
        malattia sindrome segno ziekte syndroom teken lymphome lésion protocol equation filter clamp retractor tube
        drain line stent valve prosthesis pump""",
    "EPONYMOUS": """parkinson alzheimer crohn hodgkin graves foley bell down babinski murphy cushing addison wilson raynaud hashimoto
        barrett paget marfan turner guillain-barré guillain barré kaposi burkitt wilms ewing dupuytren colles baker meckel
        homan homans romberg glasgow apgar braden hickman swan-ganz jackson-pratt kocher trendelenburg valsalva whipple
        billroth mohs epley kussmaul cheyne-stokes lyme huntington tourette asperger kawasaki ludwig sjögren sjogren
        virchow zollinger-ellison mallory-weiss stevens-johnson charcot gram heimlich penrose doppler holter lachman
        kernig brudzinski gleason breslow child-pugh killip ranson wells morse epstein-barr ebola menière ménière
        osgood-schlatter prader-willi rett takotsubo fallot willis langerhans eustachian fallopian bartholin purkinje
        golgi schwann basedow bechterew lasègue quincke weber redon carpentier hartmann bentall horton peyronie
        addisonian nissen roux billroth mirizzi caroli budd-chiari fanconi bartter gitelman liddle conn sheehan
        klinefelter edwards patau noonan williams digeorge angelman ehlers-danlos gaucher fabry niemann-pick pompe
        tay-sachs hurler friedreich charcot-marie-tooth duchenne becker creutzfeldt-jakob lewy pick korsakoff wernicke
        broca horner argyll adie ramsay bright goodpasture wegener churg-strauss behçet behcet reiter still felty
        caplan hamman-rich pancoast klebsiella salmonella shigella borrelia bordetella rickettsia brucella listeria
        escherichia mobitz wenckebach brugada dressler prinzmetal beck osler janeway roth duke framingham mcburney
        rovsing blumberg courvoisier grey-turner cullen chvostek trousseau tinel phalen finkelstein lhermitte hoffmann
        spurling mcmurray thompson ortolani barlow galeazzi monteggia smith jones lisfranc salter-harris garland
        schmorl scheuermann perthes köhler sever haglund baxter-parkland parkland snellen ishihara rinne schirmer
        goldmann amsler tanner denver bishop pfannenstiel braxton-hicks leopold rubin mcroberts coombs rhesus duffy
        kell kidd bence-jones reed-sternberg auer heinz howell-jolly waldenström sézary castleman ann-arbor clark
        dukes fuhrman nottingham bloom-richardson mini-mental folstein norton waterlow barthel katz lawton tinetti
        karnofsky ecog hamilton beck zung rorschach wechsler stroop sheets kirschner steinmann ilizarov dacron gore-tex
        port-a-cath groshong tenckhoff dobhoff sengstaken-blakemore minnesota malecot pezzer tiemann yankauer
        magill macintosh mallampati cormack-lehane guedel robinson nelaton redivac pleurx scribner cimino""",
    "ANATOMY": """head neck heart lung liver spleen kidney colon pancreas hand wrist knee hip shoulder foot eye ear skin brain
        chest abdomen thyroid bladder prostate spine bowel throat tongue pelvis kopf hals herz lunge leber milz niere
        kolon pankreas handgelenk knie hüfte schulter fuß auge ohr haut hirn thorax schilddrüse blase prostata
        wirbelsäule darm rachen zunge becken bein arm finger magen mund nase rücken bauch brust gefäß galle oberbauch
        unterschenkel spina vorhof ventrikel tête cou coeur poumon foie rate rein côlon pancréas main poignet genou
        hanche épaule pied oeil oreille peau vessie rachis langue vésicule cabeza cuello corazón pulmón hígado bazo
        riñón páncreas mano rodilla cadera hombro pie ojo piel tórax vejiga próstata columna hilio uréter testa collo
        cuore polmone fegato milza rene ginocchio anca spalla piede occhio cute torace addome vescica rachide hoofd hart
        long lever milt nier heup schouder voet oog huid buik blaas prostaat rug been zyklus zyklen verlauf befund hause
        kollegin kollege kollegen routine harnstoff wochen phase cycle round groin toe fingers""",
    "OF_MEDICINE": """mg mcg g ml l mmol mmhg bpm units iu tablet tablets po iv im sc bid tid qid daily prn qd hs mutation
        gene positive negative level levels dose therapy cell cells virus infection vaccine antigen antibody receptor""",
    "DEPARTMENT": """cardiology neurology oncology radiology surgery urology orthopedics orthopaedics pediatrics paediatrics
        psychiatry dermatology gastroenterology nephrology hematology haematology endocrinology ophthalmology ent icu
        ed er ccu nicu kardiologie neurologie onkologie radiologie chirurgie urologie orthopädie pädiatrie psychiatrie
        cardiologie oncologie urologie cardiología neurología cirugía radiología cardiologia neurologia chirurgia""",
    "TIME": """january february march april may june july august september october november december jan feb mar apr jun jul
        aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
        januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag
        janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi
        vendredi samedi dimanche enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
        diciembre lunes martes miércoles jueves viernes sábado domingo gennaio febbraio aprile maggio giugno luglio
        settembre ottobre dicembre lunedì martedì mercoledì giovedì venerdì sabato domenica maart mei augustus maandag
        dinsdag woensdag donderdag vrijdag zaterdag zondag""",
}  # fmt: skip

CLASS_OF: Mapping[str, str] = {word: kind for kind, words in reversed(_CLASSES.items()) for word in words.split()}
"""Class by word in lower case; where two claim it, the one that stands first above."""

PARTICLES = frozenset(_CLASSES["PARTICLE"].split())
"""Small words that belong to the surname which follows."""

STREET_ENDINGS = (
    "straße", "strasse", "str.", "gasse", "weg", "platz", "allee", "damm", "ufer", "ring", "steig", "straat", "laan", "plein",
    "gracht", "kade", "singel", "dreef", "pfad", "graben", "stieg", "zeile", "chaussee", "gatan", "katu", "gade",
)  # fmt: skip
"""How a street's name ends where it is written in one word."""

JOINING = frozenset(
    "von van der den de la le les du des di da del della dell delle dei dos das do el los las al bin ben ibn ter ten zu zur zum "
    "y e i und and of the sur sous upon en am an im bei nº no".split()
)
"""What stands between two words of one name or place, in small letters."""

GERMAN = (
    " und ", " der ", " die ", " das ", " mit ", " nicht ", " wurde", " für ", " bei ", " zur ", " ist ", "Herr", "Frau ", "ä", "ß",
    "geehrte", "ung ", "lich", " Dr. med",
)  # fmt: skip
"""Marks of a language that writes every noun with a capital."""
