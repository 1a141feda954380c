package dovecot

import (
	"cmp"
	"net"
	"strings"
	"text/template"
)

// settings are what the server is told, in the language of Dovecot 2.3. All
// of it runs as one ordinary user, so nothing changes its root.
var settings = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
default_internal_user = {{.User}}
default_internal_group = {{.Group}}
default_login_user = {{.User}}
first_valid_uid = 1
first_valid_gid = 1
auth_failure_delay = 0
mail_max_userip_connections = 100
disable_plaintext_auth = {{if .TLS}}yes{{else}}no{{end}}
ssl = {{if .TLS}}required{{else}}no{{end}}
{{- if .TLS}}
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
{{- end}}
mail_location = maildir:{{.Dir}}/mail/%u
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {{.Dir}}/users
}
userdb {
  driver = static
  args = uid={{.User}} gid={{.Group}} home={{.Dir}}/mail/%u
}
namespace inbox {
  inbox = yes
  prefix = {{.Prefix}}
  separator = {{.Separator}}
}
{{- if .Capabilities}}
imap_capability = {{.Capabilities}}
{{- end}}
{{- if .Quota}}
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage={{.Quota}}K
  quota_grace = 0
}
{{- end}}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = {{.Port}}
  }
  inet_listener imaps {
    port = {{if .TLS}}{{.TLSPort}}{{else}}0{{end}}
  }
}
`))

// configuration returns the configuration of a server on its folder.
func (s *Server) configuration(o Options) (string, error) {
	_, port, _ := net.SplitHostPort(s.addr) // of our own making
	_, tlsPort, _ := net.SplitHostPort(s.tlsAddr)
	o.Separator = cmp.Or(o.Separator, "/")
	var out strings.Builder
	err := settings.Execute(&out, struct {
		Options
		Dir, Port, TLSPort string
		User, Group        string
	}{o, s.dir, port, tlsPort, s.user, s.group})
	return out.String(), err
}
