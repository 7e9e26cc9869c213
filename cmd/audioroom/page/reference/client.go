package reference

// ClientEvents are all events that clients may send.
var ClientEvents = []ClientEvent{
	{
		Name: "room:join", Who: anyone,
		Summary: "Enters a room, and answers what is in it. The first join opens the room.",
		Payload: payload(
			Field{Name: "roomId", Type: roomID},
			Field{Name: "seatCount", Type: seatCount, Optional: true, Text: "Counts from the join that opens the room, and from its owner; the backend's `max_seats` outranks both."},
			Field{Name: "ownerId", Type: userID, Optional: true, Text: "Gives no right: who owns a room is the backend's to say."},
		),
		Answer: roomState,
		Emits: []Emit{
			{ToOthers, "room:userJoined", "if the user is not a participant yet"},
			{ToOthers, "seat:updated", "if a held seat was given back"},
		},
		Errors: []Error{errBlocked, errFull}, Refusal: joinRefusal, Common: []string{"INVALID_PAYLOAD", "INTERNAL_ERROR", "Too many requests"},
		Notes: []string{
			"Joining the room that the socket is in answers the state and changes nothing. Joining another one leaves the first.",
			"When the number of seats shrinks, who sits beyond hears `seat:cleared` and stays in the room, and locks beyond are lifted with `seat:locked {isLocked: false}`.",
			"A user whom the backend has blocked is refused with `room_blocked`.",
			"A room has 10,000 participants (`PARTICIPANTS_PER_ROOM`) at most; a user whose seat is held gets in nevertheless. A user may join 600 rooms a minute, the one that the socket is in not counted, and open 300 (`ROOMS_PER_MINUTE`); beyond it joins are refused with `Too many requests` until some seconds have passed.",
		},
	},
	{
		Name: "room:leave", Who: anyone,
		Summary: "Leaves the room and the seat in it.",
		Payload: payload(inRoom),
		Emits: []Emit{
			{ToOthers, "seat:cleared", "if the user was seated and this was their last socket here"},
			{ToOthers, "room:userLeft", "if this was the user's last socket here"},
		},
		Common: []string{"INTERNAL_ERROR"},
		Notes: []string{
			"To leave a room that the socket is not in does nothing and succeeds. An invalid payload is ignored without an ack. It is never refused for the rate.",
		},
	},
	{
		Name: "seat:take", Who: participant,
		Summary: "Sits down on a seat; who sits elsewhere moves, and a mute moves with them.",
		Payload: payload(inRoom, onSeat),
		Emits: []Emit{
			{ToOthers, "seat:cleared", "for the seat moved from"},
			{ToOthers, "seat:updated", ""},
		},
		Errors: []Error{errSeat, errLocked, errTaken}, Refusal: takenRefusal,
		Notes: []string{"To take the seat that one sits on succeeds and changes nothing."},
	},
	{
		Name: "seat:leave", Who: participant,
		Summary: "Stands up.",
		Payload: payload(inRoom),
		Emits:   []Emit{{ToOthers, "seat:cleared", ""}},
		Errors:  []Error{errNotSeated},
	},
	{
		Name: "seat:assign", Who: owner,
		Summary: "Seats a participant.",
		Payload: payload(inRoom, onUser, onSeat),
		Emits: []Emit{
			{ToRoom, "seat:cleared", "for the seat moved from"},
			{ToRoom, "seat:updated", ""},
		},
		Errors: []Error{errNotOwner, errSeat, errLocked, errOccupied, errUserAway},
		Notes:  []string{"It ends a hold on the seat. To assign a user the seat that they sit on succeeds and changes nothing."},
	},
	{
		Name: "seat:remove", Who: manager,
		Summary: "Takes a user's seat from them; they stay in the room.",
		Payload: payload(inRoom, onUser),
		Emits:   []Emit{{ToRoom, "seat:cleared", ""}},
		Errors:  []Error{errNotManager, errNotAllowed, errUserUnseated},
		Notes:   []string{ofLowerRank},
	},
	{
		Name: "seat:lock", Who: manager,
		Summary: "Locks a seat: nobody can take it. Who sits there loses it.",
		Payload: payload(inRoom, onSeat),
		Emits: []Emit{
			{ToRoom, "seat:cleared", "if somebody sat there"},
			{ToRoom, "seat:locked", ""},
		},
		Errors: []Error{errNotManager, errNotAllowed, errSeat, errAlready},
		Notes:  []string{"Who sits there has to be of a lower rank, or oneself. If the seat is held, the hold ends."},
	},
	{
		Name: "seat:unlock", Who: manager,
		Summary: "Unlocks a seat.",
		Payload: payload(inRoom, onSeat),
		Emits:   []Emit{{ToRoom, "seat:locked", "with `isLocked: false`"}},
		Errors:  []Error{errNotManager, errNotLocked},
		Notes:   []string{"There is no event `seat:unlocked`."},
	},
	{
		Name: "seat:mute", Who: manager,
		Summary: "Mutes a seated user.",
		Payload: payload(inRoom, onUser),
		Emits:   []Emit{{ToRoom, "seat:userMuted", ""}},
		Errors:  []Error{errNotManager, errNotAllowed, errUserUnseated},
		Notes:   []string{ofLowerRank + " Muting who is muted tells the room again."},
	},
	{
		Name: "seat:unmute", Who: manager,
		Summary: "Unmutes a seated user.",
		Payload: payload(inRoom, onUser),
		Emits:   []Emit{{ToRoom, "seat:userMuted", "with `isMuted: false`"}},
		Errors:  []Error{errNotManager, errNotAllowed, errUserUnseated},
		Notes:   []string{ofLowerRank + " Unmuting who is not muted tells the room again."},
	},
	{
		Name: "seat:invite", Who: manager,
		Summary: "Offers a seat to a user, for 30 s (`INVITE_TTL`).",
		Payload: payload(inRoom, onUser, onSeat),
		Emits: []Emit{
			{ToRoom, "seat:invite:pending", ""},
			{ToInvited, "seat:invite:received", ""},
		},
		Errors: []Error{errInviteSelf, errNotManager, errSeat, errUserSeated, errOccupied, errPending},
		Notes: []string{
			"It may offer a locked seat, and may go to a user who is not in the room; to accept, they have to be in it. " +
				"When the invite runs out the room hears `seat:invite:pending` with `isPending: false`.",
		},
	},
	{
		Name: "seat:invite:accept", Who: invited,
		Summary: "Sits down on the offered seat, locked or not, as one step.",
		Payload: payload(inRoom, latestInvite),
		Emits: []Emit{
			{ToRoom, "seat:invite:pending", "with `isPending: false`"},
			{ToRoom, "seat:locked", "with `isLocked: false`, if the seat was locked"},
			{ToRoom, "seat:cleared", "for the seat moved from"},
			{ToRoom, "seat:updated", ""},
		},
		Errors: []Error{errNoInvite, errTaken},
		Notes:  []string{"If the seat is taken the invite is kept."},
	},
	{
		Name: "seat:invite:decline", Who: invited,
		Summary: "Turns an invite down.",
		Payload: payload(inRoom, latestInvite),
		Emits:   []Emit{{ToRoom, "seat:invite:pending", "with `isPending: false`"}},
		Errors:  []Error{errNoInvite},
	},
	{
		Name: "chat:message", Who: participant,
		Summary: "Says something to the room.",
		Payload: payload(inRoom,
			Field{Name: "content", Type: text{least: 1, most: 500, sample: "Hello!"}},
			Field{Name: "type", Type: chatType, Optional: true, Text: "`text` if absent."}),
		Emits:  []Emit{{ToRoom, "chat:message", ""}},
		Errors: []Error{errMessages},
		Notes:  []string{"A user may send 60 messages (`CHAT_PER_MINUTE`) to a room within any minute."},
	},
	{
		Name: "user:getRoom", Who: anyone,
		Summary: "Answers which room a user is in.",
		Payload: payload(onUser),
		Answer:  exactly(Field{Name: "roomId", Type: nullable{roomID}, Text: "Null if they are in none."}),
		Refusal: lookupRefusal, Common: []string{"INVALID_PAYLOAD", "INTERNAL_ERROR", "Too many requests"},
	},
}

const ofLowerRank = "It acts on users of a lower rank, and on oneself."

var latestInvite = Field{Name: "seatIndex", Type: seatIndex, Optional: true, Text: "Without it, the user's latest invite."}
