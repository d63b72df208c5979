/** Which slot a user's next list takes, also while lists before it are still on their way to the log. */
import { LIST_SLOTS } from '../recommendation-id.ts';

export class Slots {
  private readonly users = new Map<string, { next: number; open: number }>();

  /** `served`: how many lists the log has. Call `release` when the list is in the log, or will not be. */
  take(group: string, served: number): number {
    const user = this.users.get(group) ?? { next: served, open: 0 };
    const number = Math.max(user.next, served);
    this.users.set(group, { next: number + 1, open: user.open + 1 });
    return number % LIST_SLOTS;
  }

  release(group: string): void {
    const user = this.users.get(group);
    if (!user) return;
    user.open--;
    if (user.open <= 0) this.users.delete(group);
  }
}
