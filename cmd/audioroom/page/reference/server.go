package reference

// ServerEvents are all events that the server sends of itself. What it passes
// on for the backend is in Relayed.
var ServerEvents = []ServerEvent{
	{
		Name: "room:userJoined", To: "the room, but for the socket that joined",
		Summary: "A user's first socket has joined.",
		Payload: exactly(Field{Name: "userId", Type: userID}, Field{Name: "user", Type: user}),
	},
	{
		Name: "room:userLeft", To: "the room, but for the socket that left",
		Summary: "A user's last socket has left, or was lost.",
		Payload: exactly(Field{Name: "userId", Type: userID}),
		Notes:   []string{"If they were seated, `seat:cleared` came before. The seat of a user whose connection was lost is held for 45 s (`SEAT_GRACE`)."},
	},
	{
		Name: "room:closed", To: "the room",
		Summary: "The room is over, and the socket is in no room any more.",
		Payload: exactly(
			Field{Name: "roomId", Type: roomID},
			Field{Name: "reason", Type: choice{"auto_close", "admin_force_close", "internal_error"},
				Text: "`auto_close`: abandoned; `admin_force_close`: the backend said so; `internal_error`: the server could not keep it."},
			Field{Name: "timestamp", Type: timestamp},
		),
	},
	{
		Name: "seat:updated", To: "the room; after `seat:take` and `room:join` not the sending socket",
		Summary: "Somebody sits there now.",
		Payload: seat,
	},
	{
		Name: "seat:cleared", To: "the room; after `seat:take`, `seat:leave` and `room:leave` not the sending socket",
		Summary: "Nobody sits there any more.",
		Payload: exactly(onSeat),
	},
	{
		Name: "seat:locked", To: "the room",
		Summary: "The seat was locked, or unlocked.",
		Payload: exactly(onSeat, Field{Name: "isLocked", Type: boolean{}}),
	},
	{
		Name: "seat:userMuted", To: "the room",
		Summary: "A seated user was muted, or unmuted.",
		Payload: exactly(Field{Name: "userId", Type: userID}, Field{Name: "isMuted", Type: boolean{}}),
	},
	{
		Name: "seat:invite:pending", To: "the room",
		Summary: "A seat was offered, or the offer ended: accepted, declined or run out.",
		Payload: union{
			exactly(onSeat, Field{Name: "isPending", Type: literal{true}}, Field{Name: "invitedUserId", Type: userID}),
			exactly(onSeat, Field{Name: "isPending", Type: literal{false}}),
		},
	},
	{
		Name: "seat:invite:received", To: "every socket of the invited user, in whatever room",
		Summary: "Somebody offers you a seat.",
		Payload: exactly(
			onSeat,
			Field{Name: "invitedById", Type: userID, Example: 1},
			Field{Name: "targetUserId", Type: userID},
			Field{Name: "expiresAt", Type: timestamp},
		),
	},
	{
		Name: "chat:message", To: "the room",
		Summary: "Somebody said something.",
		Payload: exactly(
			Field{Name: "id", Type: text{least: 1, sample: "QWZ3K7M2"}, Text: "Unique."},
			Field{Name: "userId", Type: userID},
			Field{Name: "userName", Type: text{sample: "Ada"}},
			Field{Name: "avatar", Type: nullable{text{sample: "https://img.example/ada.png"}}, Text: "As the token says it, unchecked."},
			Field{Name: "content", Type: text{least: 1, most: 500, sample: "Hello!"}},
			Field{Name: "type", Type: chatType},
			Field{Name: "timestamp", Type: timestamp},
		),
		Notes: []string{"Names and contents are what users wrote: never let a page take them for HTML."},
	},
	{
		Name: "auth:expired", To: "the session",
		Summary: "The session's token has run out. The connection is closed next.",
		Payload: exactly(),
	},
}

// Relayed are the events of the backend that clients hear as they are, with any
// payload.
var Relayed = []string{
	"balance.updated", "reward.earned", "badge.earned", "level.up", "room.level_up", "room.participant_count",
	"room.member_joined", "room.member_left", "room.member_kicked", "room.member_blocked", "room.member_role_changed",
	"room.join_request_created", "room.join_request_approved", "room.join_request_rejected",
	"income_target.completed", "income_target.member_completed",
	"agency.invitation", "agency.join_request", "agency.join_request_approved", "agency.join_request_rejected",
	"agency.member_kicked", "agency.member_joined", "agency.member_left", "agency.dissolved",
	"config:invalidate", "asset:invalidate",
}
