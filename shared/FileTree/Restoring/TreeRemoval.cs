using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>Empties directories of whatever a restore can have put there: names of any bytes, paths of any length, closed directories.</summary>
public static class TreeRemoval
{
    // Somebody may still be writing; who goes on and on has the directory.
    private const int RoundsMax = 8;

    /// <summary>Removes everything in an open directory, without following links or leaving its file system; gives what stayed and why, else null.</summary>
    /// <exception cref="LinuxException">The directory cannot be read.</exception>
    public static string? Empty(SafeFileHandle directory)
    {
        string? problem = null;
        for (int round = 0; round < RoundsMax; round++)
        {
            DirectoryNames names = DirectoryNames.Read(directory);
            if (names.Count == 0)
            {
                return null;
            }

            problem = $"{TreePath.Display(names[0])}: something comes into it, or is mounted there";
            ExtraRemover remover = new(ExcludeRules.None, Metadata.Status(directory), isDryRun: false, (path, why) =>
                problem = why is null ? problem : $"{TreePath.Display(path)}: {why}");
            for (int i = 0; i < names.Count; i++)
            {
                remover.Remove(directory, names[i].ToArray());
            }
        }

        return problem;
    }
}
