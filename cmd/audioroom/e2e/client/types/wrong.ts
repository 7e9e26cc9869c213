// What TypeScript has to refuse: a line that it doesn't is an error itself.
import type { RoomClosed, SeatInvitePending } from "../../../page/client/events.js";
import { socket } from "./sample.js";

const roomId = "42";

// @ts-expect-error a room id is a string
void socket.emitWithAck("room:join", { roomId: 42 });
// @ts-expect-error the room is missing
void socket.emitWithAck("seat:take", { seatIndex: 3 });
// @ts-expect-error a seat is a number
void socket.emitWithAck("seat:take", { roomId, seatIndex: "3" });
// @ts-expect-error there is no such field
void socket.emitWithAck("seat:take", { roomId, seatIndex: 3, mute: true });
// @ts-expect-error whom?
void socket.emitWithAck("seat:assign", { roomId, seatIndex: 3 });
// @ts-expect-error there is no such type of message
void socket.emitWithAck("chat:message", { roomId, content: "Hello!", type: "shout" });
// @ts-expect-error there is no such event
void socket.emitWithAck("seat:kick", { roomId, userId: 7 });
// @ts-expect-error the server sends it, clients don't
void socket.emitWithAck("seat:updated", { seatIndex: 3, userId: 7, isMuted: false });
// @ts-expect-error there is no seat:unlocked
socket.on("seat:unlocked", () => {});
// @ts-expect-error a cleared seat has no user
socket.on("seat:cleared", ({ userId }) => console.log(userId));
// @ts-expect-error user ids are numbers
socket.on("room:userLeft", ({ userId }: { userId: string }) => console.log(userId));
// @ts-expect-error who is invited is told only while the invite stands
export const invited = (invite: SeatInvitePending): number => invite.invitedUserId;
// @ts-expect-error there is no such reason
export const bored = (closed: RoomClosed): boolean => closed.reason === "boredom";

export async function answers(): Promise<void> {
  const joined = await socket.emitWithAck("room:join", { roomId });
  // @ts-expect-error it may have been refused
  console.log(joined.seatCount);
  const taken = await socket.emitWithAck("seat:take", { roomId, seatIndex: 3 });
  // @ts-expect-error a success has no error
  if (taken.success) console.log(taken.error);
  // @ts-expect-error that is not an error of this event
  if (!taken.success) console.log(taken.error === "Not room manager");
}
