// A client as a web developer would write it, for every event there is.
import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, RoomState, ServerToClientEvents, User } from "../../../page/client/events.js";

export const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://127.0.0.1:3030", {
  transports: ["websocket"],
  auth: { token: "…" },
});

const names = new Map<number, string>();
const note = (user: User) => names.set(user.id, user.name);

export async function join(roomId: string): Promise<RoomState> {
  const answer = await socket.emitWithAck("room:join", { roomId, seatCount: 8 });
  if ("error" in answer) {
    if (answer.error === "room_blocked") throw new Error(answer.permanent ? "for ever" : `for ${answer.remaining_seconds} s`);
    throw new Error(answer.error);
  }
  answer.participants.forEach(note);
  return answer;
}

export async function sit(roomId: string, seatIndex: number): Promise<string> {
  const answer = await socket.emitWithAck("seat:take", { roomId, seatIndex });
  if (answer.success) return "done";
  if (answer.error === "Seat is already taken") return answer.occupant ? `taken by ${answer.occupant.userId}` : "held";
  return answer.error;
}

export async function everything(roomId: string, userId: number, seatIndex: number): Promise<void> {
  const answers = await Promise.all([
    socket.emitWithAck("seat:leave", { roomId }),
    socket.emitWithAck("seat:assign", { roomId, userId, seatIndex }),
    socket.emitWithAck("seat:remove", { roomId, userId }),
    socket.emitWithAck("seat:lock", { roomId, seatIndex }),
    socket.emitWithAck("seat:unlock", { roomId, seatIndex }),
    socket.emitWithAck("seat:mute", { roomId, userId }),
    socket.emitWithAck("seat:unmute", { roomId, userId }),
    socket.emitWithAck("seat:invite", { roomId, userId, seatIndex }),
    socket.emitWithAck("seat:invite:accept", { roomId }),
    socket.emitWithAck("seat:invite:decline", { roomId, seatIndex }),
    socket.timeout(5000).emitWithAck("chat:message", { roomId, content: "Hello!", type: "text" }),
    socket.emitWithAck("room:leave", { roomId }),
  ]);
  for (const answer of answers) if (!answer.success) console.error(answer.error satisfies string);
  socket.emit("user:getRoom", { userId }, ({ roomId }) => console.log(roomId?.toUpperCase()));
}

socket.on("room:userJoined", ({ userId, user }) => note(user).get(userId));
socket.on("room:userLeft", ({ userId }) => names.delete(userId));
socket.on("room:closed", ({ reason, timestamp }) => console.log(reason === "auto_close", new Date(timestamp)));
socket.on("seat:updated", ({ seatIndex, userId, isMuted }) => console.log(seatIndex + userId, !isMuted));
socket.on("seat:cleared", ({ seatIndex }) => console.log(seatIndex + 1));
socket.on("seat:locked", ({ seatIndex, isLocked }) => console.log(seatIndex + 1, !isLocked));
socket.on("seat:userMuted", ({ userId, isMuted }) => console.log(userId + 1, !isMuted));
socket.on("seat:invite:pending", (invite) => console.log(invite.isPending ? invite.invitedUserId : invite.seatIndex));
socket.on("seat:invite:received", ({ invitedById, targetUserId, expiresAt }) => console.log(invitedById + targetUserId + expiresAt));
socket.on("chat:message", ({ id, userName, avatar, content, type }) => console.log(id, userName, avatar ?? "", content, type === "gift"));
socket.on("auth:expired", () => socket.disconnect());
socket.on("balance.updated", (payload: unknown) => console.log(payload));
