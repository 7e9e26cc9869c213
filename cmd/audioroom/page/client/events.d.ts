// Types of the events between clients and an audioroom server.
// Written by go generate ./cmd/audioroom/page/reference; do not edit.
//
//   import { io, type Socket } from "socket.io-client";
//   import type { ServerToClientEvents, ClientToServerEvents } from "./events";
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> =
//     io(url, { transports: ["websocket"], auth: { token } });
//
// Every event that clients send has an ack: use socket.emitWithAck, or give
// emit a callback.

/** A room's id. It has no control characters. */
export type RoomId = string;

/** A user's id. */
export type UserId = number;

/** A seat, counted from 0. */
export type SeatIndex = number;

/** How many seats a room has. */
export type SeatCount = number;

/** Unix time in milliseconds. */
export type Timestamp = number;

/** What a chat message is. */
export type ChatType = "text" | "emoji" | "sticker" | "gift" | "system";

/** A user's public profile: always these ten fields. All but the first two are what the token says, unchecked; null if it says nothing. */
export interface User {
  id: UserId;
  name: string;
  signature: string | null;
  avatar: string | null;
  frame: string | null;
  gender: string | null;
  country: string | null;
  wealth_xp: number | string | null;
  charm_xp: number | string | null;
  isSpeaker: boolean | null;
}

/** A seat that somebody sits on. */
export interface Seat {
  seatIndex: SeatIndex;
  userId: UserId;
  isMuted: boolean;
}

/** A room as who joins it finds it. */
export interface RoomState {
  roomId: RoomId;
  /** Without the joiner; the first 500 by the time they joined. */
  participants: User[];
  /** The occupied ones. */
  seats: Seat[];
  lockedSeats: SeatIndex[];
  seatCount: SeatCount;
  /** Everyone, the joiner too. */
  participantCount: number;
}

/** It is done, and committed. */
export interface Success {
  success: true;
}

/** What `room:join` carries. Enters a room, and answers what is in it. The first join opens the room. */
export interface RoomJoinRequest {
  roomId: RoomId;
  /** Counts from the join that opens the room, and from its owner; the backend's `max_seats` outranks both. */
  seatCount?: SeatCount;
  /** Gives no right: who owns a room is the backend's to say. */
  ownerId?: UserId;
}

/** The ack of `room:join`. */
export type RoomJoinAnswer =
  | RoomState
  | { error: "room_blocked"; permanent: boolean; remaining_seconds: number | null }
  | { error: "Room is full" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" };

/** What `room:leave` carries. Leaves the room and the seat in it. */
export interface RoomLeaveRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
}

/** The ack of `room:leave`. */
export type RoomLeaveAnswer =
  | Success
  | { success: false; error: "INTERNAL_ERROR" };

/** What `seat:take` carries. Sits down on a seat; who sits elsewhere moves, and a mute moves with them. */
export interface SeatTakeRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  seatIndex: SeatIndex;
}

/** The ack of `seat:take`. */
export type SeatTakeAnswer =
  | Success
  | { success: false; error: "Seat is already taken"; occupant: Seat | null }
  | { success: false; error: "Invalid seat index" | "Seat is locked" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:leave` carries. Stands up. */
export interface SeatLeaveRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
}

/** The ack of `seat:leave`. */
export type SeatLeaveAnswer =
  | Success
  | { success: false; error: "You are not seated" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:assign` carries. Seats a participant. */
export interface SeatAssignRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Whom it is about. */
  userId: UserId;
  seatIndex: SeatIndex;
}

/** The ack of `seat:assign`. */
export type SeatAssignAnswer =
  | Success
  | { success: false; error: "Not room owner" | "Invalid seat index" | "Seat is locked" | "Seat is already occupied" | "User is not in room" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:remove` carries. Takes a user's seat from them; they stay in the room. */
export interface SeatRemoveRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Whom it is about. */
  userId: UserId;
}

/** The ack of `seat:remove`. */
export type SeatRemoveAnswer =
  | Success
  | { success: false; error: "Not room manager" | "Not allowed on this user" | "User is not seated" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:lock` carries. Locks a seat: nobody can take it. Who sits there loses it. */
export interface SeatLockRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  seatIndex: SeatIndex;
}

/** The ack of `seat:lock`. */
export type SeatLockAnswer =
  | Success
  | { success: false; error: "Not room manager" | "Not allowed on this user" | "Invalid seat index" | "Already locked" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:unlock` carries. Unlocks a seat. */
export interface SeatUnlockRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  seatIndex: SeatIndex;
}

/** The ack of `seat:unlock`. */
export type SeatUnlockAnswer =
  | Success
  | { success: false; error: "Not room manager" | "Not locked" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:mute` carries. Mutes a seated user. */
export interface SeatMuteRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Whom it is about. */
  userId: UserId;
}

/** The ack of `seat:mute`. */
export type SeatMuteAnswer =
  | Success
  | { success: false; error: "Not room manager" | "Not allowed on this user" | "User is not seated" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:unmute` carries. Unmutes a seated user. */
export interface SeatUnmuteRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Whom it is about. */
  userId: UserId;
}

/** The ack of `seat:unmute`. */
export type SeatUnmuteAnswer =
  | Success
  | { success: false; error: "Not room manager" | "Not allowed on this user" | "User is not seated" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:invite` carries. Offers a seat to a user, for 30 s (`INVITE_TTL`). */
export interface SeatInviteRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Whom it is about. */
  userId: UserId;
  seatIndex: SeatIndex;
}

/** The ack of `seat:invite`. */
export type SeatInviteAnswer =
  | Success
  | { success: false; error: "Cannot invite yourself" | "Not room manager" | "Invalid seat index" | "User is already seated" | "Seat is already occupied" | "Invite already pending for this seat" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:invite:accept` carries. Sits down on the offered seat, locked or not, as one step. */
export interface SeatInviteAcceptRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Without it, the user's latest invite. */
  seatIndex?: SeatIndex;
}

/** The ack of `seat:invite:accept`. */
export type SeatInviteAcceptAnswer =
  | Success
  | { success: false; error: "No pending invite found" | "Seat is already taken" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `seat:invite:decline` carries. Turns an invite down. */
export interface SeatInviteDeclineRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  /** Without it, the user's latest invite. */
  seatIndex?: SeatIndex;
}

/** The ack of `seat:invite:decline`. */
export type SeatInviteDeclineAnswer =
  | Success
  | { success: false; error: "No pending invite found" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `chat:message` carries. Says something to the room. */
export interface ChatMessageRequest {
  /** The room that the socket is in. */
  roomId: RoomId;
  content: string;
  /** `text` if absent. */
  type?: ChatType;
}

/** The ack of `chat:message`. */
export type ChatMessageAnswer =
  | Success
  | { success: false; error: "Too many messages" | "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" | "Not in room" };

/** What `user:getRoom` carries. Answers which room a user is in. */
export interface UserGetRoomRequest {
  /** Whom it is about. */
  userId: UserId;
}

/** The ack of `user:getRoom`. */
export type UserGetRoomAnswer =
  | { roomId: RoomId | null }
  | { roomId: null; error: "INVALID_PAYLOAD" | "INTERNAL_ERROR" | "Too many requests" };

/** What `room:userJoined` carries. A user's first socket has joined. */
export interface RoomUserJoined {
  userId: UserId;
  user: User;
}

/** What `room:userLeft` carries. A user's last socket has left, or was lost. */
export interface RoomUserLeft {
  userId: UserId;
}

/** What `room:closed` carries. The room is over, and the socket is in no room any more. */
export interface RoomClosed {
  roomId: RoomId;
  /** `auto_close`: abandoned; `admin_force_close`: the backend said so; `internal_error`: the server could not keep it. */
  reason: "auto_close" | "admin_force_close" | "internal_error";
  timestamp: Timestamp;
}

/** What `seat:updated` carries. Somebody sits there now. */
export type SeatUpdated = Seat;

/** What `seat:cleared` carries. Nobody sits there any more. */
export interface SeatCleared {
  seatIndex: SeatIndex;
}

/** What `seat:locked` carries. The seat was locked, or unlocked. */
export interface SeatLocked {
  seatIndex: SeatIndex;
  isLocked: boolean;
}

/** What `seat:userMuted` carries. A seated user was muted, or unmuted. */
export interface SeatUserMuted {
  userId: UserId;
  isMuted: boolean;
}

/** What `seat:invite:pending` carries. A seat was offered, or the offer ended: accepted, declined or run out. */
export type SeatInvitePending =
  | { seatIndex: SeatIndex; isPending: true; invitedUserId: UserId }
  | { seatIndex: SeatIndex; isPending: false };

/** What `seat:invite:received` carries. Somebody offers you a seat. */
export interface SeatInviteReceived {
  seatIndex: SeatIndex;
  invitedById: UserId;
  targetUserId: UserId;
  expiresAt: Timestamp;
}

/** What `chat:message` carries. Somebody said something. */
export interface ChatMessage {
  /** Unique. */
  id: string;
  userId: UserId;
  userName: string;
  /** As the token says it, unchecked. */
  avatar: string | null;
  content: string;
  type: ChatType;
  timestamp: Timestamp;
}

/** What `auth:expired` carries. The session's token has run out. The connection is closed next. */
export type AuthExpired = Record<string, never>;

/** The messages of `connect_error` that come from the server. */
export type ConnectError = "Origin not allowed" | "Authentication required" | "Invalid credentials" | "Authentication failed" | "Too many connections" | "Too many requests" | "Invalid namespace";

/** What clients send: the second type argument of Socket. */
export interface ClientToServerEvents {
  /** Enters a room, and answers what is in it. The first join opens the room. For anyone who is connected. */
  "room:join": (payload: RoomJoinRequest, ack: (answer: RoomJoinAnswer) => void) => void;
  /** Leaves the room and the seat in it. For anyone who is connected. */
  "room:leave": (payload: RoomLeaveRequest, ack: (answer: RoomLeaveAnswer) => void) => void;
  /** Sits down on a seat; who sits elsewhere moves, and a mute moves with them. For any participant. */
  "seat:take": (payload: SeatTakeRequest, ack: (answer: SeatTakeAnswer) => void) => void;
  /** Stands up. For any participant. */
  "seat:leave": (payload: SeatLeaveRequest, ack: (answer: SeatLeaveAnswer) => void) => void;
  /** Seats a participant. For the owner. */
  "seat:assign": (payload: SeatAssignRequest, ack: (answer: SeatAssignAnswer) => void) => void;
  /** Takes a user's seat from them; they stay in the room. For a manager: the owner or an admin. */
  "seat:remove": (payload: SeatRemoveRequest, ack: (answer: SeatRemoveAnswer) => void) => void;
  /** Locks a seat: nobody can take it. Who sits there loses it. For a manager: the owner or an admin. */
  "seat:lock": (payload: SeatLockRequest, ack: (answer: SeatLockAnswer) => void) => void;
  /** Unlocks a seat. For a manager: the owner or an admin. */
  "seat:unlock": (payload: SeatUnlockRequest, ack: (answer: SeatUnlockAnswer) => void) => void;
  /** Mutes a seated user. For a manager: the owner or an admin. */
  "seat:mute": (payload: SeatMuteRequest, ack: (answer: SeatMuteAnswer) => void) => void;
  /** Unmutes a seated user. For a manager: the owner or an admin. */
  "seat:unmute": (payload: SeatUnmuteRequest, ack: (answer: SeatUnmuteAnswer) => void) => void;
  /** Offers a seat to a user, for 30 s (`INVITE_TTL`). For a manager: the owner or an admin. */
  "seat:invite": (payload: SeatInviteRequest, ack: (answer: SeatInviteAnswer) => void) => void;
  /** Sits down on the offered seat, locked or not, as one step. For the invited user. */
  "seat:invite:accept": (payload: SeatInviteAcceptRequest, ack: (answer: SeatInviteAcceptAnswer) => void) => void;
  /** Turns an invite down. For the invited user. */
  "seat:invite:decline": (payload: SeatInviteDeclineRequest, ack: (answer: SeatInviteDeclineAnswer) => void) => void;
  /** Says something to the room. For any participant. */
  "chat:message": (payload: ChatMessageRequest, ack: (answer: ChatMessageAnswer) => void) => void;
  /** Answers which room a user is in. For anyone who is connected. */
  "user:getRoom": (payload: UserGetRoomRequest, ack: (answer: UserGetRoomAnswer) => void) => void;
}

/** What clients hear: the first type argument of Socket. */
export interface ServerToClientEvents extends RelayedEvents {
  /** A user's first socket has joined. */
  "room:userJoined": (payload: RoomUserJoined) => void;
  /** A user's last socket has left, or was lost. */
  "room:userLeft": (payload: RoomUserLeft) => void;
  /** The room is over, and the socket is in no room any more. */
  "room:closed": (payload: RoomClosed) => void;
  /** Somebody sits there now. */
  "seat:updated": (payload: SeatUpdated) => void;
  /** Nobody sits there any more. */
  "seat:cleared": (payload: SeatCleared) => void;
  /** The seat was locked, or unlocked. */
  "seat:locked": (payload: SeatLocked) => void;
  /** A seated user was muted, or unmuted. */
  "seat:userMuted": (payload: SeatUserMuted) => void;
  /** A seat was offered, or the offer ended: accepted, declined or run out. */
  "seat:invite:pending": (payload: SeatInvitePending) => void;
  /** Somebody offers you a seat. */
  "seat:invite:received": (payload: SeatInviteReceived) => void;
  /** Somebody said something. */
  "chat:message": (payload: ChatMessage) => void;
  /** The session's token has run out. The connection is closed next. */
  "auth:expired": (payload: AuthExpired) => void;
}

/** What the backend publishes and the server passes on as it is. */
export interface RelayedEvents {
  "balance.updated": (payload: unknown) => void;
  "reward.earned": (payload: unknown) => void;
  "badge.earned": (payload: unknown) => void;
  "level.up": (payload: unknown) => void;
  "room.level_up": (payload: unknown) => void;
  "room.participant_count": (payload: unknown) => void;
  "room.member_joined": (payload: unknown) => void;
  "room.member_left": (payload: unknown) => void;
  "room.member_kicked": (payload: unknown) => void;
  "room.member_blocked": (payload: unknown) => void;
  "room.member_role_changed": (payload: unknown) => void;
  "room.join_request_created": (payload: unknown) => void;
  "room.join_request_approved": (payload: unknown) => void;
  "room.join_request_rejected": (payload: unknown) => void;
  "income_target.completed": (payload: unknown) => void;
  "income_target.member_completed": (payload: unknown) => void;
  "agency.invitation": (payload: unknown) => void;
  "agency.join_request": (payload: unknown) => void;
  "agency.join_request_approved": (payload: unknown) => void;
  "agency.join_request_rejected": (payload: unknown) => void;
  "agency.member_kicked": (payload: unknown) => void;
  "agency.member_joined": (payload: unknown) => void;
  "agency.member_left": (payload: unknown) => void;
  "agency.dissolved": (payload: unknown) => void;
  "config:invalidate": (payload: unknown) => void;
  "asset:invalidate": (payload: unknown) => void;
}
