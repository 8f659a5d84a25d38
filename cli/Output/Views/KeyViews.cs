using Google.Protobuf.WellKnownTypes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Output.Views;

internal static class KeyViews
{
    public static readonly View<KeySlotInfo> Slot = new View<KeySlotInfo>()
        .Text("id", "Id", s => s.Id)
        .Text("kind", "Kind", s => s.Kind?.ToString() ?? "Damaged")
        .Text("label", "Label", s => s.Label)
        .Flag("isRecovery", "Recovery", s => s.IsRecovery)
        .Time("createdAt", "Created", s => s.CreatedAt is { } time ? Timestamp.FromDateTimeOffset(time) : null)
        .Text("damage", "Damage", s => s.Damage?.Detail ?? "");

    public static readonly View<SlotTest> Test = new View<SlotTest>()
        .Text("id", "Id", t => t.Slot.Id)
        .Text("kind", "Kind", t => t.Slot.Kind?.ToString() ?? "Damaged")
        .Text("label", "Label", t => t.Slot.Label)
        .Text("result", "Result", t => t.Result.ToString())
        .Text("damage", "Damage", t => (t.Slot.Damage ?? t.Damage)?.Detail ?? "");
}
