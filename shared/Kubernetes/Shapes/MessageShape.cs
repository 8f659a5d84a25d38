namespace K8sBackup.Kubernetes.Shapes;

/// <summary>The fields of a message that are known, in the order JSON shows them.</summary>
internal sealed class MessageShape
{
    private readonly List<FieldShape> _fields = [];

    public IReadOnlyList<FieldShape> Fields => _fields;

    public FieldShape? Find(int number) => _fields.Find(field => field.Number == number);

    public MessageShape Text(int number, string name, bool showsEmpty = false) => Add(new(number, name, FieldKind.Text) { ShowsEmpty = showsEmpty });

    public MessageShape Texts(int number, string name) => Add(new(number, name, FieldKind.Text) { IsRepeated = true, ShowsEmpty = true });

    public MessageShape Number(int number, string name, bool showsEmpty = false) => Add(new(number, name, FieldKind.Number) { ShowsEmpty = showsEmpty });

    public MessageShape Flag(int number, string name, bool showsEmpty = false) => Add(new(number, name, FieldKind.Flag) { ShowsEmpty = showsEmpty });

    public MessageShape Time(int number, string name, FieldKind kind = FieldKind.Time) => Add(new(number, name, kind));

    public MessageShape Map(int number, string name, FieldKind kind = FieldKind.TextMap) => Add(new(number, name, kind));

    public MessageShape Json(int number, string name) => Add(new(number, name, FieldKind.RawJson));

    public MessageShape Message(int number, string name, MessageShape shape) => Add(new(number, name, FieldKind.Message) { Message = shape });

    public MessageShape Messages(int number, string name, MessageShape shape) => Add(new(number, name, FieldKind.Message) { Message = shape, IsRepeated = true });

    private MessageShape Add(FieldShape field)
    {
        _fields.Add(field);
        return this;
    }
}
