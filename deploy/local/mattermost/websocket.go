package mattermost

import (
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

const (
	socketQueue    = 256              // events waiting for a slow reader before it is cut
	socketPing     = 50 * time.Second // model.WebSocketClient gives up after 65 s without
	socketPatience = 10 * time.Second // for one write, and for the authentication
	socketMaxRead  = 64 << 10
)

// hub knows the open WebSockets.
type hub struct {
	mu      sync.Mutex
	sockets map[*socket]bool
	closed  bool
	wg      sync.WaitGroup
}

// socket is one WebSocket. Its token is empty until it authenticated.
type socket struct {
	conn   *websocket.Conn
	queue  chan []byte
	gone   chan struct{}
	cut    func()
	connID string

	// guarded by hub.mu
	token  string
	userID string
	seq    int64
}

func newHub() *hub { return &hub{sockets: map[*socket]bool{}} }

// add registers a socket and the goroutine that will serve it, unless the hub is
// closed.
func (h *hub) add(c *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.sockets[c] = true
	h.wg.Add(2)
	return true
}

func (h *hub) remove(c *socket) {
	h.mu.Lock()
	delete(h.sockets, c)
	h.mu.Unlock()
	c.cut()
}

// cutAll cuts every socket without a closing handshake, as a dying server does.
func (h *hub) cutAll() {
	h.mu.Lock()
	open := h.sockets
	h.sockets = map[*socket]bool{}
	h.mu.Unlock()
	for c := range open {
		c.cut()
	}
}

func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.cutAll()
	h.wg.Wait()
}

// send queues an event for one socket, with the socket's next sequence number.
// A reader that does not keep up is cut. The caller holds h.mu.
func (c *socket) send(event *model.WebSocketEvent) {
	body, err := event.SetSequence(c.seq).ToJSON()
	if err != nil {
		return // events are built here from what marshals
	}
	c.seq++
	c.push(body)
}

func (c *socket) push(body []byte) {
	select {
	case c.queue <- body:
	default:
		c.cut()
	}
}

// publish sends an event to every socket of the given users; build makes it for
// one of them. A socket whose token was revoked stays open and hears nothing:
// that is what 11.2 does. The caller holds s.mu, so events keep their order.
func (s *Server) publish(to iter.Seq[string], build func(userID string) *model.WebSocketEvent) {
	users := slices.Collect(to)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for c := range s.hub.sockets {
		if c.token != "" && slices.Contains(users, c.userID) && s.world.signedIn(c.token) != nil {
			c.send(build(c.userID))
		}
	}
}

// DropSockets cuts every WebSocket, as a restart of the server does.
func (s *Server) DropSockets() { s.hub.cutAll() }

// Sockets counts the WebSockets that authenticated and are still open.
func (s *Server) Sockets() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	n := 0
	for c := range s.hub.sockets {
		if c.token != "" {
			n++
		}
	}
	return n
}

// websocket answers GET /api/v4/websocket. A token in the header authenticates
// at once; otherwise the first message must be an authentication_challenge. A
// bad token is accepted by the upgrade and cut afterwards.
func (s *Server) websocket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{HandshakeTimeout: socketPatience}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade answered
	}
	c := &socket{conn: conn, queue: make(chan []byte, socketQueue), gone: make(chan struct{}), connID: model.NewId()}
	c.cut = sync.OnceFunc(func() {
		close(c.gone)
		_ = conn.Close()
	})
	if !s.hub.add(c) {
		c.cut()
		return
	}
	known := false
	if token := bearer(r); token != "" {
		known = s.authenticate(c, token)
	}
	go s.writeSocket(c)
	s.readSocket(c, known)
}

// authenticate gives a socket its user and says hello.
func (s *Server) authenticate(c *socket, token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	me := s.world.signedIn(token)
	if me == nil {
		return false
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	c.token, c.userID = token, me.Id
	hello := model.NewWebSocketEvent(model.WebsocketEventHello, "", "", me.Id, nil, "")
	hello.Add("server_version", Version)
	hello.Add("connection_id", c.connID)
	c.send(hello)
	return true
}

func (s *Server) writeSocket(c *socket) {
	defer s.hub.wg.Done()
	defer s.hub.remove(c)
	ping := time.NewTicker(socketPing)
	defer ping.Stop()
	for {
		var err error
		select {
		case body := <-c.queue:
			_ = c.conn.SetWriteDeadline(time.Now().Add(socketPatience))
			err = c.conn.WriteMessage(websocket.TextMessage, body)
		case <-ping.C:
			err = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketPatience))
		case <-c.gone:
			return
		}
		if err != nil {
			return
		}
	}
}

// readSocket serves what the client sends until it leaves. The first message
// must come soon and authenticate, unless the socket is known by its header.
func (s *Server) readSocket(c *socket, known bool) {
	defer s.hub.wg.Done()
	defer s.hub.remove(c)
	c.conn.SetReadLimit(socketMaxRead)
	if !known {
		_ = c.conn.SetReadDeadline(time.Now().Add(socketPatience))
	}
	for {
		var in model.WebSocketRequest
		if err := c.conn.ReadJSON(&in); err != nil {
			return
		}
		if !known {
			token, _ := in.Data["token"].(string)
			if in.Action != string(model.WebsocketAuthenticationChallenge) || !s.authenticate(c, token) {
				return
			}
			known = true
			_ = c.conn.SetReadDeadline(time.Time{})
		}
		answer := map[string]any{"status": model.StatusOk, "seq_reply": in.Seq}
		if in.Action == "ping" {
			answer["data"] = map[string]any{"text": "pong", "version": Version, "server_time": millis(s.now())}
		}
		body, err := json.Marshal(answer)
		if err != nil {
			return
		}
		c.push(body)
	}
}

// publishPost tells the readers of a channel that a post appeared or changed.
// data.post is a JSON string in which buttons have lost their integrations,
// except when the post was deleted: then members see contexts and all. A user is
// told "mentions" only when mentioned. The caller holds mu.
func (s *Server) publishPost(kind model.WebsocketEventType, p *model.Post) {
	body, err := p.ToJSON()
	if kind == model.WebsocketEventPostDeleted {
		var raw []byte
		raw, err = json.Marshal(p)
		body = string(raw)
	}
	if err != nil {
		s.log.Error("mattermost double cannot encode a post", "post", p.Id, "error", err)
		return
	}
	channel, author := s.world.channels[p.ChannelId], s.world.users[p.UserId]
	mentioned := s.mentioned(p)
	s.publish(slices.Values(s.world.members[p.ChannelId]), func(userID string) *model.WebSocketEvent {
		event := model.NewWebSocketEvent(kind, "", p.ChannelId, "", nil, "")
		event.Add("post", body)
		if kind == model.WebsocketEventPosted {
			event.Add("channel_type", channel.Type)
			event.Add("channel_display_name", s.world.displayName(channel, userID))
			event.Add("channel_name", channel.Name)
			event.Add("sender_name", "@"+author.Username)
			event.Add("team_id", channel.TeamId)
			event.Add("set_online", !author.IsBot)
			if slices.Contains(mentioned, userID) {
				event.Add("mentions", model.ArrayToJSON([]string{userID}))
			}
		}
		return event
	})
}
