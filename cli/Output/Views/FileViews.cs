using System.Globalization;
using Google.Protobuf;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Transport.V1.EntryKind;

namespace K8sBackup.Cli.Output.Views;

internal static class FileViews
{
    public static readonly View<Entry> File = new View<Entry>()
        .Text("path", "Path", e => Path(e.Path))
        .Text("pathBase64", "Path bytes", e => e.Path.ToBase64(), FieldPlace.Documents)
        .Text("kind", "Kind", e => Words.Of(e.Kind))
        .Text("state", "State", e => e.State.ToString())
        .Text("mode", "Mode", e => Convert.ToString(e.Mode, 8).PadLeft(4, '0'))
        .Number("uid", "Owner", e => e.Uid)
        .Number("gid", "Group", e => e.Gid)
        .Number("size", "Size", e => e.Size)
        .Text("modifiedAt", "Modified", Modified)
        .Text("linkTarget", "Target", e => Path(e.LinkTarget))
        .Text("linkTargetBase64", "Target bytes", e => e.LinkTarget.ToBase64(), FieldPlace.Documents)
        .List("attributes", "Attributes", e => e.Attributes.Select(a => Path(a.Name)), FieldPlace.Documents)
        .List("flags", "Flags", Flags, FieldPlace.Documents)
        .Text("reason", "Reason", e => e.Reason, FieldPlace.Documents);

    /// <summary>A path in printable form.</summary>
    public static string Path(ByteString path) => TreePath.Display(path.Span);

    /// <summary>A line as <c>ls</c> prints it, short or long.</summary>
    public static string Line(Entry entry, bool isLong)
    {
        string name = Path(entry.Path) + (entry.Kind == EntryKind.Directory ? "/" : "");
        if (!isLong)
        {
            return name;
        }

        string arrow = entry.Kind switch
        {
            EntryKind.Symlink => " -> " + Path(entry.LinkTarget),
            EntryKind.HardLink => " == " + Path(entry.LinkTarget),
            _ => "",
        };
        string marks = string.Join(", ", ((string[])[Words.Of(entry.State), .. Flags(entry)]).Where(word => word.Length > 0));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{KindLetter(entry.Kind)}{Permissions(entry.Mode)} {entry.Uid,6} {entry.Gid,6} {entry.Size,13} {Modified(entry)} {name}{arrow}{(marks.Length > 0 ? $"  [{marks}]" : "")}");
    }

    private static IEnumerable<string> Flags(Entry entry) => Words.Of((FileFlags)entry.Flags);

    private static string Modified(Entry entry)
    {
        // .NET knows the years 1 to 9999; the kernel more.
        long seconds = Math.Clamp(entry.ModifiedSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        string whole = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{whole}.{entry.ModifiedNanoseconds:000000000}Z");
    }

    private static char KindLetter(EntryKind kind) => kind switch
    {
        EntryKind.File or EntryKind.HardLink => '-',
        EntryKind.Directory => 'd',
        EntryKind.Symlink => 'l',
        EntryKind.Fifo => 'p',
        EntryKind.Socket => 's',
        EntryKind.CharDevice => 'c',
        EntryKind.BlockDevice => 'b',
        _ => '?',
    };

    private static string Permissions(uint mode)
    {
        char[] letters = [.. "rwxrwxrwx".Select((letter, i) => (mode & (1u << (8 - i))) != 0 ? letter : '-')];
        SetSpecial(letters, 2, (mode & 0x800) != 0, 's');
        SetSpecial(letters, 5, (mode & 0x400) != 0, 's');
        SetSpecial(letters, 8, (mode & 0x200) != 0, 't');
        return new string(letters);
    }

    private static void SetSpecial(char[] letters, int index, bool isSet, char letter)
    {
        if (isSet)
        {
            letters[index] = letters[index] == '-' ? char.ToUpperInvariant(letter) : letter;
        }
    }
}
