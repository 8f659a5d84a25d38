namespace K8sBackup.Repository.Tests.Damage;

/// <summary>Every kind of object in the store, harmed in every way.</summary>
internal static class DamageRows
{
    public const string Itself = "itself";

    private static readonly Harm[] s_ofContent = [Harm.Flip, Harm.Truncate, Harm.Empty, Harm.Swap];

    public static IReadOnlyList<DamageRow> All { get; } =
    [
        .. s_ofContent.Select(h => new DamageRow("config", h, Itself) { Closed = true }),
        new("config", Harm.Remove, Itself) { Closed = true },
        .. s_ofContent.Select(h => new DamageRow("state", h, Itself)),

        // As if nobody had written yet; the next writer's id differs from any before.
        new("state", Harm.Remove, null),
        .. s_ofContent.Select(h => new DamageRow("keys/", h, Itself)),

        // Two others are left.
        new("keys/", Harm.Remove, null),
        .. s_ofContent.Select(h => new DamageRow("epochs/", h, Itself)),
        new("epochs/", Harm.Remove, Itself),
        .. s_ofContent.Select(h => new DamageRow("index/", h, Itself) { NamesFiles = false, NamesPoint = true, LosesA = true, LosesB = h == Harm.Swap }),
        new("index/", Harm.Remove, "index/") { NamesPoint = true, LosesA = true },

        // The index says the same as header, directory and footer, so that nothing is lost as long as it is there.
        new("pack header", Harm.Flip, Itself) { Left = Itself },
        new("pack directory", Harm.Flip, Itself) { Left = Itself },
        new("pack footer", Harm.Flip, Itself) { Left = Itself },
        .. new DamageRow[]
        {
            new("pack frame", Harm.Flip, Itself),
            new("packs/", Harm.Truncate, Itself),
            new("packs/", Harm.Empty, Itself),
            new("packs/", Harm.Remove, Itself),
            new("packs/", Harm.Swap, Itself),
        }.Select(r => r with { NamesPoint = true, NamesFiles = true, LosesA = true, MarksA = true, Left = Itself }),
        .. s_ofContent.Select(h => new DamageRow("snapshots/", h, Itself)
        {
            NamesPoint = true, LosesA = true, LosesB = h == Harm.Swap, LosesManifest = true, Left = "snapshots/",
        }),
        new("snapshots/", Harm.Remove, Itself) { NamesPoint = true, LosesA = true, LosesManifest = true, Left = "snapshots/" },

        // The snapshots are there, and no restore point names them: they are counted.
        .. s_ofContent.Select(h => new DamageRow("restore-points/", h, Itself) { NamesPoint = true }),
        new("restore-points/", Harm.Remove, null),
        .. s_ofContent.Select(h => new DamageRow("coverage/", h, Itself)),
        new("coverage/", Harm.Remove, null),

        // In force all the same, so only people remove them.
        .. s_ofContent.Select(h => new DamageRow("pins/", h, Itself) { NamesPoint = true, Left = Itself }),
        new("pins/", Harm.Remove, null),

        .. s_ofContent.Select(h => new DamageRow("losses/", h, Itself) { NamesPoint = true }),
        new("losses/", Harm.Remove, null),

        .. s_ofContent.Select(h => new DamageRow("drills/", h, Itself) { NamesPoint = true }),
        new("drills/", Harm.Remove, null),

        // Condemns nothing any more; the next prune removes it.
        .. s_ofContent.Select(h => new DamageRow("tombstones/", h, Itself) { Left = Itself }),
        new("tombstones/", Harm.Remove, null),
    ];
}
