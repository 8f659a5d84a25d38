namespace K8sBackup.Agent.MemberSteps;

/// <summary>What a restore builds beside the data that is there.</summary>
internal static class StagedFiles
{
    public static bool Exist(MemberPlace place) => Directory.Exists(Path.Combine(place.Target.StageDirectory, "member"));

    /// <summary>Where the boot test works.</summary>
    public static string BootFolder(MemberPlace place) => Path.Combine(place.Target.DataDirectory, $".kb-boot-{place.Target.Id}");

    /// <summary>The program the boot test starts, when it is copied from the one that runs.</summary>
    public static string BootProgram(MemberPlace place) => BootFolder(place) + "-etcd";

    public static void RemoveBootTest(MemberPlace place)
    {
        File.Delete(BootProgram(place));
        if (Directory.Exists(BootFolder(place)))
        {
            Directory.Delete(BootFolder(place), recursive: true);
        }
    }

    /// <summary>Removes the snapshot and what was built from it, finished or not.</summary>
    public static void Remove(MemberPlace place)
    {
        RemoveBootTest(place);
        File.Delete(place.SnapshotFile);
        foreach (string? directory in new[] { place.Target.StageDirectory, place.Target.WalStageDirectory })
        {
            if (directory is not null && Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }
}
