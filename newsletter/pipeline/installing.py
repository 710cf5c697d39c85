"""Install: settings in, a systemd unit out, which gives the service its own folder and nothing else of the machine.

Nothing is enabled here: the town's IT does that, with the lines that are said.
"""

import re
import sys
from pathlib import Path

from newsletter.config import Config
from newsletter.errors import ConfigError

NAME = "newsletter.service"
UNIT = """# Écrite par « newsletter install » ; relancez-le après un déménagement du dossier ou du programme.
[Unit]
Description=La lettre des associations ({town})
After=network-online.target{database}
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={python} -m newsletter --config {settings} run
User={user}
Group={user}
WorkingDirectory={folder}
# Les secrets, un par ligne (SMTP_PASSWORD=…, SENDGRID_API_KEY=…) : un fichier à root, en 0600.
EnvironmentFile=-{secrets}
Environment=PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
Restart=always
RestartSec=5
# Un envoi en cours donne signe de vie à chaque fenêtre ; composer un mois prend dix minutes au plus.
WatchdogSec=20min
TimeoutStartSec=2min
TimeoutStopSec=30
UMask=0077

# Rien de la machine ne s’écrit, sauf le dossier de la lettre.
ProtectSystem=strict
ReadWritePaths={folder}
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateMounts=yes
PrivateIPC=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RemoveIPC=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
KeyringMode=private
DevicePolicy=closed

[Install]
WantedBy=multi-user.target
"""
SAID = """{unit} est écrite ; rien n’est encore en marche. En administrateur :

  useradd --system --home-dir {folder} --shell /usr/sbin/nologin {user}
  chown -R {user}: {folder}
  install -m 600 -o root /dev/null {secrets}    # puis les secrets, un par ligne
  cp {unit} /etc/systemd/system/{name}
  systemctl daemon-reload
  systemctl enable --now {name}
  systemctl status {name}"""


def install(config: Config, settings: Path, unit: Path, user: str) -> str:
    """Writes the unit; says how to enable it. Raises ConfigError."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", user):
        raise ConfigError([f"« {user} » n’est pas un nom de compte ; par exemple « newsletter »"])
    folder, secrets = config.folder, Path("/etc/newsletter.env")
    strange = [path for path in (folder, settings, Path(sys.executable)) if not re.fullmatch(r"[\w@+./-]+", str(path))]
    if strange:
        raise ConfigError([f"{strange[0]} : systemd lit mal ce chemin ; sans espace ni « % », il le lit bien"])
    homes = any(
        Path(path).is_relative_to("/home") or Path(path).is_relative_to("/root") for path in (folder, sys.prefix)
    )
    words = {
        "town": re.sub(r"[\x00-\x1f%\\]", " ", config.town.name),
        "python": sys.executable, "settings": settings, "folder": folder, "user": user, "secrets": secrets,
        "home": "read-only" if homes else "yes",
        "database": " postgresql.service" if config.store.url.startswith("postgresql") else "",
    }  # fmt: skip
    try:
        unit.write_text(UNIT.format(**words), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [f"{unit} : on ne peut pas l’écrire ({error.strerror}) ; donnez un autre endroit : --to"]
        ) from None
    return SAID.format(unit=unit, name=NAME, folder=folder, user=user, secrets=secrets)
