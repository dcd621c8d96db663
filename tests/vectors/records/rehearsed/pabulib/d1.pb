META
key;value
description;Gdynia Chwarzno-Wiczlino 2023
country;Taiwan
unit;演練區公所
district;演練區
instance;2026
num_projects;15
num_votes;12
budget;116996
vote_type;approval
rule;greedy-no-skip
date_begin;19.12.2026
date_end;18.01.2027
min_length;1
max_length;3
min_project_score_threshold;50
language;zh
currency;TWD
comment;"#1: Not a real vote: made in mode rehearsal. #2: Election hash 1ac150a461f53200d0eb1fc8a3616b444911c08dfb88dca80957d11167be417c. #3: Equal votes are ordered by: cheaper, number. #4: Counted by this rule: {""lot_seed"":"""",""numbers"":[5,2,1,3,4,8,9,6,12,7,10,15,13,14,11],""spec"":{""budget"":116996,""fit"":""stop"",""method"":""greedy-votes"",""threshold"":50},""tie_order"":[""cheaper"",""number""],""withdrawn"":[]}"
PROJECTS
project_id;cost;votes;score;name;selected
5;15000;7;7;Dzielnicowy festiwal zabawek dmuchanych z elementami rywalizacji sportowej - Gdynia Chwarzno-Wiczlino;0
2;14300;5;5;Kino plenerowe dla dzieci i dorosłych - projekcja sześciu filmów;0
1;20000;5;5;Piknik rodzinny z grami i zabawami dla najmłodszych, wizytą Straży Pożarnej oraz sąsiedzką wymianą rzeczy;0
3;20000;3;3;Festyn sportowy dla dzieci;0
4;8500;2;2;Sprzątnie dzielnicy - edycja wiosna i jesień;0
8;13500;2;2;Gry i zabawy z mapą i kompasem na Chwarznie-Wiczlinie;0
9;15000;2;2;Weekend sportowy na polanie piknikowej;0
6;20000;2;2;Pilates - zdrowy kręgosłup dla mieszkańców w każdym wieku;0
12;20000;2;2;Zabawa taneczna dla dorosłych na polanie piknikowej;0
7;12700;1;1;Teatr na polanie piknikowej;0
10;20000;1;1;Wypożyczalnia sprzętu turystycznego i outdoorowego;0
15;1450;0;0;Jak zostać influencerem - zajęcia dla starszych i młodszych;0
13;10000;0;0;Kurs tańca towarzyskiego;0
14;15000;0;0;Wydarzenie koszykarskie organizowane z okazji urodzin Gdyni;0
11;20000;0;0;Zajęcia taneczne solo (latino mix) dla osób w każdym wieku i na każdym poziomie zaawansowania;0
VOTES
voter_id;vote
1;2,5,10
2;4
3;1,4,5
4;2,6,7
5;3,5,6
6;3,9,12
7;3,8,9
8;1,5,12
9;1,2,5
10;2
11;1,5,8
12;1,2,5
