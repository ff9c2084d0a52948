-- Fills the shop, the same on every machine: what looks random is taken from a hash of the row's number.
-- Sizes come from the settings shop.customers and shop.orders.
--
-- Nobody is meant: e-mail addresses end in .example (RFC 2606); telephone numbers come from the ranges that
-- regulators keep for fiction (NANP 555-01xx, Ofcom, ARCEP, Bundesnetzagentur, PTS), others from the unassigned
-- country code 999; social security numbers from area 9xx with groups 10 to 49, which are given to nobody; card
-- numbers are test numbers with a valid check digit.

-- PostgreSQL's own hash of numbers: hash-partitioned tables depend on it, so it stays what it is.
create function pg_temp.pick(salt text, row_number bigint, choices integer) returns integer
  language sql immutable
  return ((hashint8extended(row_number, hashtext(salt)) & 2147483647) % choices)::integer;

-- The check digit of ISO/IEC 7812 for the first fifteen digits.
create function pg_temp.with_check_digit(digits text) returns text
  language sql immutable
  return digits || (
    select (10 - sum(case when i % 2 = 1 then d * 2 / 10 + d * 2 % 10 else d end) % 10) % 10
    from generate_series(1, 15) i, lateral (select substr(digits, i, 1)::integer as d) digit
  );

create temporary table cultures (n integer primary key, country char(2), family_first boolean, given text[], family text[]);
insert into cultures values
  (0, 'US', false, '{Harper|harper,Mason|mason,Ava|ava,Elijah|elijah,Naomi|naomi,Wyatt|wyatt,Imani|imani,Grace|grace,Theodore|theodore,Marisol|marisol}',
      '{Whitaker|whitaker,Delgado|delgado,Sutton|sutton,O''Brien|obrien,Freeman|freeman,Kowalczyk|kowalczyk,Nguyen|nguyen,Hollis|hollis,Bautista|bautista,Reed-Amara|reed-amara}'),
  (1, 'GB', false, '{Isla|isla,Alfie|alfie,Saoirse|saoirse,Rhys|rhys,Priya|priya,Callum|callum,Eilidh|eilidh,Tariq|tariq}',
      '{Pemberton|pemberton,MacLeod|macleod,Okonjo|okonjo,Ashworth|ashworth,Llewellyn|llewellyn,Hussain|hussain,Fairbairn|fairbairn,Carroway|carroway}'),
  (2, 'FR', false, '{Zoé|zoe,Étienne|etienne,Margaux|margaux,Loïc|loic,Anaïs|anais,Mamadou|mamadou,Clémence|clemence,Rémi|remi}',
      '{Lefèvre|lefevre,Garnier|garnier,Bélanger|belanger,Traoré|traore,d''Aubigny|daubigny,Rousseau|rousseau,Marchand|marchand,Guérin|guerin}'),
  (3, 'DE', false, '{Jürgen|juergen,Käthe|kaethe,Lennart|lennart,Anneliese|anneliese,Björn|bjoern,Emine|emine,Frauke|frauke,Matthäus|matthaeus}',
      '{Müller-Lüdenscheidt|mueller-luedenscheidt,Weiß|weiss,Schröder|schroeder,Yıldız|yildiz,Brückner|brueckner,Vogelsang|vogelsang,Krüger|krueger,Hoffmann|hoffmann}'),
  (4, 'SE', false, '{Åsa|asa,Göran|goran,Linnéa|linnea,Torbjörn|torbjorn,Märta|marta,Elias|elias}',
      '{Sjögren|sjogren,Åkerlund|akerlund,Lindqvist|lindqvist,Bergström|bergstrom,Nyqvist|nyqvist,Hägglund|hagglund}'),
  (5, 'PL', false, '{Łukasz|lukasz,Małgorzata|malgorzata,Zbigniew|zbigniew,Agnieszka|agnieszka,Świętosława|swietoslawa,Bożena|bozena}',
      '{Wójcik|wojcik,Dąbrowska|dabrowska,Gołębiewski|golebiewski,Żuraw|zuraw,Szczepański|szczepanski,Kaźmierczak|kazmierczak}'),
  (6, 'JP', true, '{陽菜|hina,大翔|hiroto,結衣|yui,健太|kenta,さくら|sakura,悠真|yuma}',
      '{佐藤|sato,鈴木|suzuki,渡辺|watanabe,小林|kobayashi,中村|nakamura,斎藤|saito}'),
  (7, 'IN', false, '{Ananya|ananya,Arjun|arjun,Lakshmi|lakshmi,Rohan|rohan,Meenakshi|meenakshi,Vikram|vikram}',
      '{Iyer|iyer,Chatterjee|chatterjee,Deshmukh|deshmukh,Kaur|kaur,Venkataraman|venkataraman,Bhattacharya|bhattacharya}'),
  (8, 'BR', false, '{João|joao,Conceição|conceicao,Thiago|thiago,Luísa|luisa,Antônio|antonio,Iracema|iracema}',
      '{Gonçalves|goncalves,da Silva|dasilva,Magalhães|magalhaes,Araújo|araujo,Brandão|brandao,do Nascimento|donascimento}'),
  (9, 'NG', false, '{Chinwe|chinwe,Oluwaseun|oluwaseun,Ngozi|ngozi,Babatunde|babatunde,Amara|amara,Yetunde|yetunde}',
      '{Adéyẹmí|adeyemi,Nwosu|nwosu,Eze|eze,Balogun|balogun,Ogunleye|ogunleye,Danjuma|danjuma}'),
  (10, 'VN', true, '{Thị Hương|huong,Văn Đức|duc,Minh Châu|chau,Quốc Bảo|bao,Thuỳ Linh|linh}',
      '{Nguyễn|nguyen,Trần|tran,Phạm|pham,Hoàng|hoang,Đặng|dang}'),
  (11, 'TR', false, '{Özge|ozge,İbrahim|ibrahim,Çiğdem|cigdem,Şükrü|sukru,Gülşen|gulsen}',
      '{Yılmaz|yilmaz,Öztürk|ozturk,Çelik|celik,Şahin|sahin,Doğan|dogan}'),
  (12, 'GR', false, '{Ελένη|eleni,Γιώργος|giorgos,Αικατερίνη|aikaterini,Νίκος|nikos}',
      '{Παπαδοπούλου|papadopoulou,Οικονόμου|oikonomou,Αντωνίου|antoniou,Βλάχος|vlachos}'),
  (13, 'EG', false, '{فاطمة|fatima,يوسف|youssef,مريم|maryam,أحمد|ahmed}',
      '{حسن|hassan,عبد الله|abdallah,السيد|elsayed,منصور|mansour}'),
  (14, 'MX', false, '{Ximena|ximena,José Ángel|joseangel,Guadalupe|guadalupe,Íñigo|inigo,Ítzel|itzel}',
      '{Hernández|hernandez,Muñoz Peña|munozpena,Ibáñez|ibanez,Zúñiga|zuniga,Cárdenas|cardenas}');

insert into public.customers (id, full_name, email, phone, ssn, country, created_at, note)
select
  id,
  case when family_first then split_part(family_name, '|', 1) || ' ' || split_part(given_name, '|', 1)
       else split_part(given_name, '|', 1) || ' ' || split_part(family_name, '|', 1) end,
  split_part(given_name, '|', 2) || '.' || split_part(family_name, '|', 2) || id || '@'
    || (array['mail', 'post', 'inbox', 'letters', 'studio', 'works', 'family'])[1 + pg_temp.pick('domain', id, 7)] || '.example',
  case country
    when 'US' then '+1 ' || (array['212', '312', '415', '512', '617', '713', '206'])[1 + pg_temp.pick('area', id, 7)]
                   || '-555-01' || lpad(pg_temp.pick('line', id, 100)::text, 2, '0')
    when 'GB' then '+44 7700 900' || lpad(pg_temp.pick('line', id, 1000)::text, 3, '0')
    when 'FR' then '+33 6 39 98 ' || lpad(pg_temp.pick('line', id, 100)::text, 2, '0') || ' ' || lpad(pg_temp.pick('line2', id, 100)::text, 2, '0')
    when 'DE' then '+49 30 23125 ' || lpad(pg_temp.pick('line', id, 1000)::text, 3, '0')
    when 'SE' then '+46 70 1740 6' || lpad((5 + pg_temp.pick('line', id, 95))::text, 2, '0')
    else '+999 ' || (20 + pg_temp.pick('area', id, 80)) || ' 555 ' || lpad(pg_temp.pick('line', id, 10000)::text, 4, '0')
  end,
  -- 7919 has no factor in common with 36 000 000, so no two customers share a number
  (900 + n / 360000) || '-' || (10 + n / 9000 % 40) || '-' || (1000 + n % 9000),
  country,
  timestamptz '2022-03-01 00:00:00+00' + id * (interval '1300 days' / current_setting('shop.customers')::integer)
    + pg_temp.pick('second', id, 7200) * interval '1 second',
  case pg_temp.pick('note', id, 20)
    when 0 then 'Asked twice about delivery on Saturdays'
    when 1 then 'Prefers e-mail to telephone'
    when 2 then 'Gift wrapping, no invoice in the parcel'
    when 3 then 'Moved; new address confirmed'
    when 4 then E'Complaint settled:\nreplacement sent, kept the first parcel'
  end
from (
  select c.id, k.country, k.family_first, c.id * 7919 % 36000000 as n,
    k.given[1 + pg_temp.pick('given', c.id, cardinality(k.given))] as given_name,
    k.family[1 + pg_temp.pick('family', c.id, cardinality(k.family))] as family_name
  from generate_series(1, current_setting('shop.customers')::bigint) c (id)
  -- Ten in twenty-four come from the first culture, the rest spread evenly
  join cultures k on k.n = greatest(0, pg_temp.pick('culture', c.id, 24) - 9)
) person;

insert into public.products (id, sku, name, category, price, weight_g, attributes, active)
select
  n,
  upper(left(category, 3)) || '-' || lpad(n::text, 4, '0'),
  material || ' ' || thing || ', ' || size,
  category,
  4.9 + pg_temp.pick('price', n, 240) + (n % 4) * 0.25,
  40 + pg_temp.pick('weight', n, 9000),
  jsonb_build_object('colour', (array['natural', 'black', 'moss', 'rust', 'sand'])[1 + pg_temp.pick('colour', n, 5)], 'recycled', n % 3 = 0),
  n % 17 <> 0
from (
  select n,
    (array['Plain', 'Oak', 'Linen', 'Copper', 'Walnut', 'Felt', 'Enamel', 'Cork', 'Ash', 'Wool'])[1 + (n - 1) % 10] as material,
    (array['bowl', 'kettle', 'table lamp', 'lantern', 'desk tray', 'notebook', 'planter', 'watering can'])[1 + (n - 1) / 10 % 8] as thing,
    (array['kitchen', 'kitchen', 'light', 'light', 'office', 'office', 'garden', 'garden'])[1 + (n - 1) / 10 % 8] as category,
    (array['small', 'medium', 'large', 'extra large'])[1 + (n - 1) / 80] as size
  from generate_series(1, 320) n
) product;

create temporary table new_items on commit drop as
select o.id as order_id, line::smallint, p.id as product_id, (1 + pg_temp.pick('quantity', o.id * 7 + line, 3))::smallint as quantity, p.price as unit_price
from generate_series(1, current_setting('shop.orders')::bigint) o (id)
cross join lateral generate_series(1, 1 + pg_temp.pick('lines', o.id, 4)) line
join public.products p on p.id = 1 + pg_temp.pick('product', o.id * 7 + line, 320);

insert into public.orders (id, customer_id, placed_at, status, total, currency, channel)
select
  o.id,
  1 + pg_temp.pick('customer', o.id, current_setting('shop.customers')::integer),
  placed_at,
  case when placed_at < timestamptz '2026-09-20 00:00:00+00'
    then (array['delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'returned', 'cancelled', 'delivered'])[1 + pg_temp.pick('status', o.id, 10)]
    else (array['placed', 'paid', 'paid', 'shipped', 'shipped', 'delivered'])[1 + pg_temp.pick('status', o.id, 6)]
  end::public.order_status,
  i.total,
  'EUR',
  (array['web', 'web', 'web', 'app', 'app', 'store'])[1 + pg_temp.pick('channel', o.id, 6)]
from (
  select id, date_trunc('second', timestamptz '2025-10-01 00:00:00+00' + id * (interval '364 days' / current_setting('shop.orders')::integer)
    + pg_temp.pick('second', id, 86000) * interval '1 second') as placed_at
  from generate_series(1, current_setting('shop.orders')::bigint) id
) o
join (select order_id, sum(quantity * unit_price) as total from new_items group by order_id) i on i.order_id = o.id;

insert into public.order_items (order_id, line, product_id, quantity, unit_price)
select order_id, line, product_id, quantity, unit_price from new_items order by order_id, line;

insert into public.payments (id, order_id, amount, currency, card_number, status, captured_at)
select
  o.id,
  o.id,
  o.total,
  o.currency,
  pg_temp.with_check_digit((array['400000', '510510', '222300'])[1 + pg_temp.pick('scheme', o.customer_id, 3)] || lpad(pg_temp.pick('card', o.customer_id, 100000000)::text, 9, '0')),
  case o.status when 'placed' then 'authorized' when 'returned' then 'refunded' when 'cancelled' then 'failed' else 'captured' end::public.payment_status,
  case when o.status not in ('placed', 'cancelled') then o.placed_at + pg_temp.pick('capture', o.id, 600) * interval '1 second' end
from public.orders o
order by o.id;

select setval(pg_get_serial_sequence('public.customers', 'id'), (select max(id) from public.customers)),
  setval(pg_get_serial_sequence('public.products', 'id'), (select max(id) from public.products)),
  setval(pg_get_serial_sequence('public.orders', 'id'), (select max(id) from public.orders)),
  setval(pg_get_serial_sequence('public.payments', 'id'), (select max(id) from public.payments));

drop function pg_temp.pick, pg_temp.with_check_digit;
drop table cultures;
